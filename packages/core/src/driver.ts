/*
 * Words
 *
 * key       what is locked
 * token     the random proof of one acquisition; only it can extend or release
 * ttl       length of a lease in ms; `remaining` is what is left of it
 * grant     one successful acquisition
 * fence     a number that rises with every grant of a key
 * dead      said of a token that was given up: it is never granted again
 */

/** Told by the caller that it no longer waits for the answer. */
export interface Call {
  readonly abandoned: boolean;
}

export interface AcquireRequest {
  readonly key: string;
  readonly token: string;
  readonly ttl: number;
}

export type AcquireReply =
  /** Ours for at least `ttl` ms from when the request was sent. A repeated request is told the same fence. */
  | { readonly status: "granted"; readonly fence: number }
  /** Somebody else has it, for `remaining` ms unless it is extended or released. */
  | { readonly status: "held"; readonly remaining: number }
  /** The token was given up or forced out. */
  | { readonly status: "dead" };

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

export interface Inspection {
  readonly held: boolean;
  /** ms left of the lease, 0 when free. */
  readonly remaining: number;
  /** Fence of the last grant, 0 when none is remembered. */
  readonly fence: number;
  /** How many wait in the queue. */
  readonly waiting: number;
}

/**
 * All that a locker knows of the place where locks are kept. Every call may be sent twice by the client below, may
 * arrive late or never, and is idempotent for one token. A call rejects when there is no answer, or a refusal; it never
 * makes one up, and it may stay pending for ever: the locker keeps its own deadline.
 * A key that holds something that is no lock is left as it is, and the call rejects with `LockBackendError`.
 */
export interface Driver {
  /** One attempt. Mints a fence only when it grants. A call that was abandoned is not sent again. */
  acquire(request: AcquireRequest, call: Call): Promise<AcquireReply>;
  /** Makes leases longer, never shorter. One answer each, in the order of the requests; one may fail without the others. */
  extend(requests: readonly ExtendRequest[]): readonly Promise<ExtendReply>[];
  release(request: ReleaseRequest): Promise<ReleaseReply>;
  inspect(key: string): Promise<Inspection>;
  /** Whoever holds it no longer does. True if somebody did. */
  forceRelease(key: string): Promise<boolean>;
}
