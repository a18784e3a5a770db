// Tested by packages/testing/src/contract/queue.ts, packages/testing/src/contract/hand-over.ts
import type { SeenHolder } from "./driver";

export interface HeartbeatRequest {
  readonly key: string;
  readonly inbox: string;
  /** The tokens of this inbox that wait for the key. */
  readonly tokens: readonly string[];
}

export interface HeartbeatReply extends SeenHolder {
  /** ms left of the holder's lease, 0 or less when the lock is free. */
  readonly remaining: number;
  /** Fence of the last grant, 0 when none is remembered. */
  readonly fence: number;
  readonly floor: number;
  /**
   * True if the first waiter is one of this inbox, or if nobody knows yet who is the first, since dead waiters are still to be
   * dropped. The inbox then looks again when the lease is over. (In `AcquireReply`, `head` is about one token.)
   */
  readonly head: boolean;
  /** One for each token. `"granted"`: it holds the lock for the claim, from when the request was sent. */
  readonly states: readonly ("granted" | "queued" | "missing")[];
  /** For each token that is queued: how many waiters come before it. */
  readonly ahead?: readonly number[] | undefined;
}

/** Receives the messages to an inbox. Each message may be lost, late, or come twice. */
export interface Listener {
  /** The lock was handed over to this token for `claim` ms. */
  granted(token: string, fence: number, claim: number): void;
  /** The holder with this token was forced out. */
  forcedOut(token: string, reason: string | undefined): void;
  /** The inbox is lost, and does not open again by itself. */
  ended(): void;
}

/** The ability to queue waiters and to wake them. */
export interface DriverQueue {
  /** Shows that the waiters of an inbox are alive. Enqueues nobody. */
  heartbeat(request: HeartbeatRequest): Promise<HeartbeatReply>;
  /**
   * Opens an inbox. Resolves, once it is open, with a function that closes it: messages are received from then on. Rejects if
   * it can't be opened, and when `signal` aborts before it is.
   */
  listen(inbox: string, listener: Listener, signal: AbortSignal): Promise<() => Promise<void>>;
}
