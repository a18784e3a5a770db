// Tested by packages/core/test/locker.test.ts
import type { Inspection } from "../driver/driver";
import type { ForceReleaseOptions } from "./force-release";
import type { Lock } from "./lock";
import type { lockerIdentity } from "./locker-identity";
import type { MultiLock } from "./multi-lock";
import type { OnceOptions, OnceResult } from "./once";
import type { LockOptions } from "./options";

/** One key, or several as one: all or none of them. Their order does not matter. */
export type Keys = string | readonly string[];

/** A `Lock` for one key, a `MultiLock` for several. */
export type LockOf<K extends Keys> = K extends string ? Lock : MultiLock;

export type Work<T, L = Lock> = (lock: L) => T | PromiseLike<T>;

/**
 * Grants locks. Bad keys and options reject with `TypeError` or `RangeError` before anything is sent; every other
 * failure is a `LockError`, except that an aborted wait rejects with the signal's reason.
 */
export interface Locker {
  /**
   * One attempt: the lock, or `null` if another token has it. Rejects with `LockBackendError` if Redis does not answer
   * within 5 s or refuses.
   */
  tryAcquire<K extends Keys>(key: K, options?: LockOptions): Promise<LockOf<K> | null>;
  /**
   * Waits for the lock. Rejects with `LockNotAcquiredError` if it stays held, with `LockBackendError` if Redis does not
   * answer or refuses, with `signal.reason` if the caller aborts, with `LockerClosedError` if the locker closes. With
   * several keys it waits for one at a time, and holds the keys before that one meanwhile.
   */
  acquire<K extends Keys>(key: K, options?: LockOptions): Promise<LockOf<K>>;
  /**
   * Waits for the lock, does the work while the lease is kept alive, releases, and resolves with the work's result. The
   * work's own error always wins. Rejects with `LockLostError` if the work was done but the lock was lost on the way.
   * If only the release could not reach Redis, it resolves with the result and publishes a warning: the ttl frees the
   * lock.
   */
  withLock<T, K extends Keys>(key: K, work: Work<T, LockOf<K>>): Promise<T>;
  withLock<T, K extends Keys>(key: K, options: LockOptions, work: Work<T, LockOf<K>>): Promise<T>;
  /**
   * Runs a job at most once per period over all processes: one attempt, without waiting. The lease is kept alive while the work runs.
   * After good work the key stays taken until `per` ms from the grant, and every call until then resolves with `ran: false`. After an
   * error the key is free at once, unless `onError` is `"keep"`, and the error rejects the call. A process that crashes frees the key
   * after its ttl. So a job runs at least once, and never twice at a time.
   *
   * Rejects with the work's own error, and as `tryAcquire` and `withLock` do: with `LockLostError` if the work was done but the lock was
   * lost on the way. If only the end of the work could not reach Redis, it resolves with the result and publishes a warning: the
   * ttl frees the key then, maybe before the period is over. It does the same if the work released the lock itself.
   */
  once<T>(key: string, options: OnceOptions, work: Work<T>): Promise<OnceResult<T>>;
  /** What Redis knows of the key. Rejects with `LockBackendError` when it does not answer: it never guesses. */
  inspect(key: string): Promise<Inspection>;
  /**
   * For operators: frees the lock, no matter who holds it; the holder's lock is lost. True if it freed the lock. With the fence
   * that `inspect` named, it frees that hold only.
   */
  forceRelease(key: string, options?: ForceReleaseOptions): Promise<boolean>;
  /**
   * Ends waiting and every later call with `LockerClosedError`, and stops automatic extension. Held locks keep their
   * deadline and can still be released. Closes what the locker opened (its inbox), not what the caller did (the
   * client).
   */
  close(): Promise<void>;
  /** One object that a locker and all decorators of it share. */
  readonly [lockerIdentity]?: object | undefined;
}
