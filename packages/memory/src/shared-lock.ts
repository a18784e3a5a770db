import { setImmediate } from "node:timers/promises";
import { type Lock, type LockError, type Locker, warn } from "@distlock/core";
import { joinSignals } from "./join-signals";
import type { MemoryOptions } from "./memory";
import { StaleTurnError } from "./stale-turn-error";

/**
 * Takes a user away; the last to leave releases the lock. `onLost`, a warning unless given, is told if that finds the lock
 * lost, and may throw; else this never rejects: any other failure of a release is a warning.
 */
export type Leave = (onLost?: (loss: LockError) => void) => Promise<void>;

/** A held lock that several use: turns within one another, and calls that are under way. */
export interface SharedLock {
  readonly lock: Lock;
  /** Adds a user, and gives what takes it away again. */
  enter(): Leave;
  /** Whether it has been released. */
  readonly over: boolean;
  /** Has the places of the turns within this one. */
  within?: Locker;
}

/** `release` is called when the last user has left. */
export function shareLock(lock: Lock, release: () => Promise<void> = () => lock.release()): SharedLock {
  let users = 0;
  let entered = 0;
  let over = false;
  let released: Promise<LockError | undefined> | undefined;
  return {
    lock,
    enter() {
      users++;
      const first = ++entered === 1;
      let left = false;
      return async (onLost = warn) => {
        const last = !left && --users === 0;
        left = true;
        // What outlives the work that took the lock may have more to do, such as the next of several writes.
        if (last && !first) await setImmediate();
        const mine = last && users === 0 && !over;
        if (mine) {
          over = true;
          released = release().then(
            () => undefined,
            (error: LockError) => error,
          );
        }
        const failure = await released;
        if (mine) released = undefined; // A promise remembers the work that it was made in (Node 20).
        if (mine && failure) (failure.code === "LOCK_LOST" ? onLost : warn)(failure);
      };
    },
    get over() {
      return over;
    },
  };
}

/** Throws `StaleTurnError` if the lock was lost. */
export function assertHeld({ lock }: SharedLock): void {
  if (!lock.isHeld) throw new StaleTurnError(lock.key, "the lock of its turn was lost", lock.signal.reason);
}

/** Calls the memory with the fence of the lock, and with a signal that also aborts when the lock is lost. */
export async function callWith<O extends MemoryOptions, T>(
  shared: SharedLock,
  given: O | undefined,
  call: (options: O | MemoryOptions) => Promise<T>,
): Promise<T> {
  const { lock } = shared;
  const joined = joinSignals(lock.signal, given?.signal);
  const leave = shared.enter();
  try {
    joined.signal.throwIfAborted();
    return await call({ ...given, signal: joined.signal, fence: lock.fence });
  } finally {
    joined.dispose();
    await leave();
  }
}
