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
 * dead        said of a token that was given up, released or forced out: it is never granted again
 * forced out  said of a holder whose lock `forceRelease` freed
 */

/** Told by the caller that it no longer waits for the answer. */
export interface Call {
  readonly abandoned: boolean;
}

export interface AcquireRequest {
  readonly key: string;
  readonly token: string;
  readonly ttl: number;
  /** Where to wait if the lock is held: 0 for the end of the queue, or the ticket of an earlier reply. Absent: nowhere. */
  readonly ticket?: number | undefined;
}

export type AcquireReply =
  /** Ours for at least `ttl` ms from when the request was sent. A repeated request is told the same fence. */
  | { readonly status: "granted"; readonly fence: number }
  /** Somebody else has it, for `remaining` ms unless it is extended or released. */
  | { readonly status: "held"; readonly remaining: number }
  /** The same, and the token waits. A later grant has a fence above `floor`. `head`: nobody waits before it. */
  | {
      readonly status: "queued";
      readonly remaining: number;
      readonly ticket: number;
      readonly floor: number;
      readonly head: boolean;
    }
  /** The token was given up or forced out. */
  | { readonly status: "dead" };

export interface AcquireAllRequest {
  /** Each once, those of one hash slot side by side, in an order that is the same for all: see `inLockOrder`. */
  readonly keys: readonly string[];
  readonly token: string;
  readonly ttl: number;
  /** Where the token waits: the ticket 0 for the end of whichever queue. Absent: nowhere. */
  readonly place?: { readonly key: string; readonly ticket: number } | undefined;
}

export type AcquireAllReply =
  /** All are ours, each for at least `ttl` ms from when the request was sent. */
  | { readonly status: "granted"; readonly fences: readonly number[] }
  /** Somebody else has this one, and none is ours. The token may be dead now: the next request takes another one. */
  | { readonly status: "held"; readonly key: string; readonly remaining: number }
  /** Somebody else has this one, and the token waits for it. Those before it are ours. */
  | (Extract<AcquireReply, { status: "queued" }> & { readonly key: string })
  /** The token was given up or forced out. Some may be ours. */
  | { readonly status: "dead"; readonly key: string };

export interface ReplicateRequest {
  readonly keys: readonly string[];
  readonly token: string;
  readonly ttl: number;
  /** How many replicas are to have it. */
  readonly replicas: number;
  /** How long they may take, in ms. */
  readonly patience: number;
}

/** Asks replicas, on connections of its own, so that nothing else waits for them. */
export interface Replicator {
  /**
   * How many replicas have acknowledged the grant (of several keys: the least), once there are enough or the patience is
   * over. `"lost"`: it is not ours any more. Makes leases longer, never shorter.
   */
  replicate(request: ReplicateRequest): Promise<number | "lost">;
  close(): void;
}

export interface HeartbeatRequest {
  readonly key: string;
  readonly inbox: string;
  /** The tokens of this inbox that wait for the key. */
  readonly tokens: readonly string[];
}

export interface HeartbeatReply {
  /** ms left of the holder's lease, 0 or less when the lock is free. */
  readonly remaining: number;
  /** Of the last grant, 0 when none is remembered. */
  readonly fence: number;
  readonly floor: number;
  /** Whether the first in the queue is one of this inbox. */
  readonly head: boolean;
  /** One for each token. `"granted"`: ours for the claim, from when the request was sent. */
  readonly states: readonly ("granted" | "queued" | "missing")[];
}

/** What an inbox gets. Each message may be lost, late, or come twice. */
export interface Listener {
  /** The lock was handed over to this token for `claim` ms. */
  granted(token: string, fence: number, claim: number): void;
  /** The holder with this token was forced out. */
  forcedOut(token: string): void;
  /** The inbox is lost, and is not opened again by itself. */
  ended(): void;
}

export interface ExtendRequest {
  readonly key: string;
  readonly token: string;
  readonly ttl: number;
}

/** `"held"`: ours for at least `ttl` ms from when the request was sent. */
export type ExtendReply = "held" | "lost";

export interface ReleaseRequest {
  readonly key: string;
  readonly token: string;
  /**
   * Whether an acquire of this token may still be under way. If so the token is refused for a minute, in whatever
   * order the two arrive.
   */
  readonly undo: boolean;
}

/** `"released"`: freed by this request, or by an earlier copy of it. */
export type ReleaseReply = "released" | "lost";

export interface TransferRequest {
  readonly key: string;
  /** The holder's token. */
  readonly from: string;
  /** The token that is to have the lock: one that was never used before. */
  readonly to: string;
  /** Length of the new lease. It counts alone: what was left of the old one may have been longer. */
  readonly ttl: number;
}

export type TransferReply =
  /** `to` has the lock for at least `ttl` ms from when the request was sent. A repeated request is told the same fence. */
  | { readonly status: "granted"; readonly fence: number }
  /** `from` does not hold it, and nothing was done. */
  | { readonly status: "lost" }
  /** `to` was given up or forced out, and nothing was done. */
  | { readonly status: "dead" };

export interface Inspection {
  readonly held: boolean;
  /** ms left of the lease, 0 when free. */
  readonly remaining: number;
  /** Fence of the last grant, 0 when none is remembered. */
  readonly fence: number;
  /** How many wait in the queue. */
  readonly waiting: number;
}

/** What a driver knows of a key. */
export interface DriverInspection extends Inspection {
  /** Of the holder, `null` when free. Never to be logged. */
  readonly token: string | null;
}

/**
 * All that a locker knows of the place where locks are kept. Every call may be sent twice by the client below, may
 * arrive late or never, and is idempotent for one token. A call rejects when there is no answer, or a refusal; it never
 * makes one up, and it may stay pending for ever: the locker keeps its own deadline.
 * A key that holds something that is no lock is left as it is, and the call rejects with `LockBackendError`.
 * A lock that becomes free is handed over to the first waiter that is alive, in the step that frees it or meets it free.
 */
export interface Driver {
  /** One attempt. Mints a fence only when it grants. A call that was abandoned is not sent again. */
  acquire(request: AcquireRequest, call: Call): Promise<AcquireReply>;
  /** The same for several keys and one token: all or none, or those before the one that it waits for. */
  acquireAll(request: AcquireAllRequest, call: Call): Promise<AcquireAllReply>;
  /** Makes a lease longer, never shorter. */
  extend(request: ExtendRequest): Promise<ExtendReply>;
  /** Frees, hands over, and takes a waiting token out of the queue. */
  release(request: ReleaseRequest): Promise<ReleaseReply>;
  /** Shows that an inbox's waiters of a key are alive. Enqueues nobody. */
  heartbeat(request: HeartbeatRequest): Promise<HeartbeatReply>;
  /**
   * Gives the lock to another token without its being free in between, and mints a fence: a grant. Waiters keep their places;
   * the old token counts as released.
   */
  transfer(request: TransferRequest): Promise<TransferReply>;
  inspect(key: string): Promise<DriverInspection>;
  /** Whoever holds it no longer does. True if somebody did. */
  forceRelease(key: string): Promise<boolean>;
  /**
   * Opens an inbox; resolves, once it is open, with what closes it: messages from then on come. Rejects if it can't be opened,
   * and when `signal` aborts before it is. Absent where nobody can be woken: there is then no queue.
   */
  readonly listen?:
    | ((inbox: string, listener: Listener, signal: AbortSignal) => Promise<() => Promise<void>>)
    | undefined;
  /** Absent where nothing is replicated. */
  readonly replicator?: (() => Replicator) | undefined;
}
