// Tested by packages/core/test/observe.test.ts
import type { LockError } from "../errors";
import type { Party } from "../party";

/*
 * What observers and diagnostics channels receive. One object describes an operation from its beginning to its end: the fields
 * that are marked with `?` and "at the end" are set before the end is published. No field has a token in it. Times are in ms.
 */

/** A call asks for a lock, from the call to its outcome. */
export interface AcquireOperation {
  readonly name: "acquire";
  /** `"turn"` is a turn, or a locked call, of `@distlock/memory`; `"lease"` a call of `createLeases`. */
  readonly call: "acquire" | "tryAcquire" | "withLock" | "once" | "turn" | "lease";
  readonly keys: readonly string[];
  /** The ttl that the call asks for, be it an option of the call, of the locker or the default. */
  readonly ttl: number;
  readonly timeout: number;
  readonly wait: "queue" | "retry" | "once";
  readonly label?: string | undefined;
  /**
   * At the end. `"busy"`: another holder has the lock, or too many wait for it, and the call was not to wait. `"timeout"`: it
   * waited, and did not get the lock. `"aborted"`: its signal aborted. `"closed"`: the locker was closed. `"failed"`: Redis did not answer, or
   * refused. Only `"timeout"`, `"closed"` and `"failed"` count as errors.
   */
  readonly outcome?: "granted" | "busy" | "timeout" | "aborted" | "closed" | "failed";
  /** At the end: how long the call took. */
  readonly waited?: number;
  /** At the end: how many requests were sent. */
  readonly attempts?: number;
  /** At the end: how many waiters were ahead when the call entered a queue; 0 if it entered none. */
  readonly ahead?: number;
  /** At the end: whether a holder passed the lock on to this call. */
  readonly handedOver?: boolean;
  /** At the end, if granted: one for each key. */
  readonly fences?: readonly number[];
  /** At the end: what the holder that was in the way says of itself to observers, if it does. The first one that is known. */
  readonly blockedBy?: string | undefined;
  /** At the end, if `"busy"` or `"timeout"`: the last known holder. `since` is by the clock of this process. */
  readonly holder?: Party | undefined;
}

/** A lock is held: from its grant until its release has been answered, or it is lost. */
export interface HoldOperation {
  readonly name: "hold";
  readonly keys: readonly string[];
  readonly fences: readonly number[];
  readonly label?: string | undefined;
  /**
   * At the end. `"disposed"`: released by `await using`. `"lost"`: another client has the lock. `"expired"`: the lease ended, be it
   * because of `maxHold`. `"forced"`: `forceRelease` freed it. `"transferred"`: a call of `transfer` moved it.
   */
  readonly end?: "released" | "disposed" | "transferred" | "lost" | "expired" | "forced";
  /** At the end: for how long it was held. */
  readonly held?: number;
}

/** A lease is extended. */
export interface ExtendOperation {
  readonly name: "extend";
  readonly keys: readonly string[];
  /** The ttl that is asked for. */
  readonly ttl: number;
  /** Whether the locker extends by itself, in the background. */
  readonly automatic: boolean;
  /** How many locks are extended in the same moment. They share commands. */
  readonly locks: number;
  /**
   * At the end: the rest of the lease when the reply was read. Absent for the first
   * extension of a lock that was handed over, and for a lease that was granted before anybody looked.
   */
  readonly left?: number;
  /** At the end. `"failed"`: Redis did not answer, or refused; the lock is still held. */
  readonly outcome?: "held" | "lost" | "failed";
}

/** A lock is released by its holder. */
export interface ReleaseOperation {
  readonly name: "release";
  readonly keys: readonly string[];
  /** At the end. `"lost"`: it was not held any more. */
  readonly outcome?: "released" | "lost" | "failed";
}

/** An operator frees a lock. */
export interface ForceReleaseOperation {
  readonly name: "forceRelease";
  readonly keys: readonly string[];
  /** The hold that is to be freed, if the call names one. */
  readonly fence?: number | undefined;
  readonly reason?: string | undefined;
  /** At the end. `"unchanged"`: there was nothing to free. */
  readonly outcome?: "freed" | "unchanged" | "failed";
}

/** A whole `withLock`, `once` or turn: it has an acquire, a hold and the end of the hold in it. It has no channel. */
export interface WholeOperation {
  readonly name: "withLock" | "once" | "turn";
  readonly keys: readonly string[];
  /** The session of a turn, as the caller named it. */
  readonly session?: string | undefined;
}

export type Operation =
  | AcquireOperation
  | HoldOperation
  | ExtendOperation
  | ReleaseOperation
  | ForceReleaseOperation
  | WholeOperation;

/** A lock was lost, at the moment when its process noticed. */
export interface LostFact {
  readonly name: "lost";
  readonly key: string;
  readonly fence: number;
  /**
   * `"expired"`: the lease ended. `"interrupted"`: it ended before the lease of a hand-over was extended to the ttl. `"max_hold"`: it ended because of the
   * option. `"taken"`: another client has the lock. `"forced"`: `forceRelease` freed it.
   */
  readonly reason: "expired" | "interrupted" | "max_hold" | "taken" | "forced";
  readonly heldFor: number;
  /** How long after the end of the lease the process noticed: the event loop may have stood still. 0 for other reasons. */
  readonly lateBy: number;
  readonly error: LockError;
}

/** A call entered the queue of a key, left it, or left it because a holder passed the lock on. */
export interface QueueFact {
  readonly name: "queue";
  readonly key: string;
  readonly event: "entered" | "left" | "passed_on";
  /** With `"entered"`: how many waiters are ahead. */
  readonly ahead?: number;
}

/** A failure that has no caller left to reject. */
export interface WarningFact {
  readonly name: "warning";
  readonly error: LockError;
}

/** A command failed, or the server refused it; the operation that sent it may still succeed. */
export interface FailureFact {
  readonly name: "failure";
  readonly verb: string;
  readonly error: unknown;
}

export type Fact = LostFact | QueueFact | WarningFact | FailureFact;

/** An operation whose end is not written yet. */
export type Open<O extends Operation> = { -readonly [K in keyof O]: O[K] };
