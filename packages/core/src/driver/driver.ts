// Tested by packages/testing/src/contract
/*
 * Words (all of them, and where each lives: docs/internals/words.md)
 *
 * key         what is locked; the Redis key, byte for byte
 * holder      the token that has the lock, and its process
 * token       the random proof of one acquisition; only it can extend or release
 * ttl         length of a lease in ms; `remaining` is what is left of it
 * lease       the time until which the holder has the lock, unless it extends or releases
 * grant       one successful acquisition
 * fence       a number that rises with every grant of a key
 * queue       the waiters of a key in their order
 * waiter      a token in a key's queue
 * ticket      a waiter's place in the queue; brought back, it restores the old place
 * head        the first waiter of a queue
 * inbox       the name of a locker, to which its messages go; its tokens begin with it and a `:`
 * hand-over   the grant of a free lock to the first living waiter, inside a script
 * claim       the short lease with which a lock is handed over
 * heartbeat   the request that shows that the waiters of an inbox are alive, and is answered for each
 * window      for how long after a sign of life the waiters of an inbox count as alive
 * floor       a number that every later grant's fence is above
 * dead        said of a token that was given up or forced out, or was the last one released: it is refused for a time
 * forced out  said of a holder whose lock `forceRelease` freed
 * party       a holder or a waiter, as others see it: its label, and since when
 */

import type { DriverQueue } from "./driver-queue";
import type { Party } from "./party";

/** The caller's side of a request: whether it still waits for the reply. */
export interface Call {
  readonly abandoned: boolean;
}

/**
 * Where a token waits: with the ticket of an earlier reply at its old place in the queue of `key`; with ticket 0 at the end of the
 * queue of the first key that is held.
 */
export interface Place {
  readonly key: string;
  readonly ticket: number;
}

export interface AcquireRequest {
  /** One key, or several as one: each once, keys of one hash slot side by side, in the order of `inLockOrder`. */
  readonly keys: readonly string[];
  readonly token: string;
  readonly ttl: number;
  /** Absent: do not wait. */
  readonly place?: Place | undefined;
}

/** The holder of a lock, as far as a store can describe it. */
export interface SeenHolder {
  readonly holder?: Party | undefined;
  /** How long it has held the lock, in ms. */
  readonly age?: number | undefined;
}

/** The lock that another token holds. */
export interface Contention extends SeenHolder {
  /** ms left of its lease, unless it is extended or released. */
  readonly remaining?: number | undefined;
  /** How many waiters come before this token: all waiters, if it does not wait. */
  readonly ahead?: number | undefined;
}

export type AcquireReply =
  /**
   * The token holds all locks, each for at least `ttl` ms from when the request was sent. One fence for each key. A repeated
   * request gets the same fence, or a higher one if the store has forgotten it.
   */
  | { readonly status: "granted"; readonly fences: readonly number[] }
  /**
   * Another token holds `key`, for `remaining` ms unless it is extended or released; no key was taken. Of several keys, this
   * token may be dead now: use a new one for the next request.
   */
  | (Contention & { readonly status: "held"; readonly key: string; readonly remaining: number })
  /**
   * Another token holds `key`, and this one waits for it. It holds the keys before `key`. A later grant of `key` has a fence
   * above `floor`. `head`: this token is the first waiter, or nobody knows yet who is, since dead waiters are still to be dropped.
   * (In `HeartbeatReply`, `head` is about all tokens of an inbox.)
   */
  | (Contention & {
      readonly status: "queued";
      readonly key: string;
      readonly remaining: number;
      readonly ticket: number;
      readonly floor: number;
      readonly head: boolean;
    })
  /** The token was given up or forced out for `key`. It may hold some of the other keys. */
  | { readonly status: "dead"; readonly key: string };

export interface ReplicateRequest extends Omit<AcquireRequest, "place"> {
  /** How many replicas are to have the grant. */
  readonly replicas: number;
  /** How long they may take, in ms. */
  readonly patience: number;
}

/** Asks replicas, on connections of its own, so that nothing else waits for them. */
export interface Replicator {
  /**
   * Resolves with how many replicas have acknowledged the grant (of several keys: the lowest number), once there are enough or
   * the patience is over; with `"lost"` if the token no longer holds the lock. Makes leases longer, never shorter.
   */
  replicate(request: ReplicateRequest): Promise<number | "lost">;
  close(): void;
}

export interface ExtendRequest {
  readonly key: string;
  readonly token: string;
  readonly ttl: number;
}

/** The token does not hold the lock: `forceRelease` freed it, and named a reason. */
export interface ForcedOut {
  readonly reason: string;
}

/** `"held"`: the token holds the lock for at least `ttl` ms from when the request was sent. */
export type ExtendReply = "held" | "lost" | ForcedOut;

export interface ReleaseRequest {
  readonly key: string;
  readonly token: string;
  /**
   * True if an acquire of this token may still be under way. The token is then refused for a minute, in whatever order the two
   * arrive.
   */
  readonly tombstone: boolean;
}

/** `"released"`: freed by this request, or by an earlier copy of it. */
export type ReleaseReply = "released" | "lost" | ForcedOut;

export interface TransferRequest {
  readonly key: string;
  /** The holder's token. */
  readonly from: string;
  /** The token that is to have the lock. It must never have been used before. */
  readonly to: string;
  /** Length of the new lease. It counts alone: what was left of the old one may have been longer. */
  readonly ttl: number;
}

export type TransferReply =
  /** `to` holds the lock for at least `ttl` ms from when the request was sent. A repeated request gets the same fence, as in `AcquireReply`. */
  | { readonly status: "granted"; readonly fence: number }
  /** `from` does not hold the lock, and nothing was done. */
  | { readonly status: "lost" }
  /** `to` was given up or forced out, and nothing was done. */
  | { readonly status: "dead" };

interface LockStatus {
  readonly held: boolean;
  /** ms left of the lease, 0 when free. */
  readonly remaining: number;
  /** Fence of the last grant, 0 when none is remembered. */
  readonly fence: number;
  /** How many tokens wait in the queue. */
  readonly waiting: number;
}

/** What a locker knows of a key. It has no token in it. */
export interface Inspection extends LockStatus {
  /** `null` when free. */
  readonly holder: Party | null;
  /** The first 20 waiters, in their order. */
  readonly waiters: readonly Party[];
}

/** What a driver knows of a key. */
export interface DriverInspection extends LockStatus {
  /** The holder's token, `null` when free. Never log it. */
  readonly token: string | null;
  /** The first 20 waiters, in their order. Never log their tokens. */
  readonly waiters: readonly { readonly token: string; readonly ticket: number }[];
}

/** How many waiters an inspection names. */
export const NAMED_WAITERS = 20;

export interface ForceReleaseRequest {
  readonly key: string;
  /** Frees only the hold with this fence, of a token that a locker made. Absent: any hold. */
  readonly fence?: number | undefined;
  /** Reaches the holder's process, by a message and by the replies to its extensions and its release. */
  readonly reason?: string | undefined;
}

/**
 * All that a locker knows of the place where locks are kept. Every call may be sent twice by the client below, may arrive late
 * or never, and is idempotent for one token, except `forceRelease`, which has none. A call rejects when there is no reply, or a refusal: with `DriverError` where the
 * driver knows whether to try again, or what to do. It never makes a reply up, and may stay pending indefinitely: the locker
 * keeps its own deadline.
 * A key that holds a value that is not a lock is left as it is, and the call rejects with `LockBackendError`.
 * A lock that becomes free is handed over to the first waiter that is alive, in the step that frees it or finds it free.
 */
export interface Driver {
  /**
   * One attempt: all keys or none, or with waiting the keys before the one that it waits for. Mints fences only when it grants. A
   * call that was abandoned is not sent again.
   */
  acquire(request: AcquireRequest, call: Call): Promise<AcquireReply>;
  /** Makes a lease longer, never shorter. */
  extend(request: ExtendRequest): Promise<ExtendReply>;
  /** Frees the lock and hands it over; takes a waiting token out of the queue. */
  release(request: ReleaseRequest): Promise<ReleaseReply>;
  inspect(key: string): Promise<DriverInspection>;
  /**
   * Frees the lock, regardless of its holder: a second copy without a fence frees the lock of the next one. Resolves with true
   * if it freed the lock.
   */
  forceRelease(request: ForceReleaseRequest): Promise<boolean>;

  // Abilities. A driver has each as a whole, or leaves it out.

  /** Absent where waiters can't be woken: requests then have no place. */
  readonly queue?: DriverQueue | undefined;
  /** Absent where nothing is replicated. */
  readonly replicas?: (() => Replicator) | undefined;
  /**
   * Moves the lock to another token, and mints a fence: it is a grant. The lock is never free in between. Waiters keep their
   * places; the old token counts as released.
   */
  readonly transfer?: ((request: TransferRequest) => Promise<TransferReply>) | undefined;
}
