import { setImmediate } from "node:timers/promises";
import { type LockError, type Locker, LockLostError } from "@distlock/core";
import { warn } from "@distlock/core/driver";
import type { MemoryOptions } from "../store/memory";
import { StaleTurnError } from "../store/stale-turn-error";
import { joinSignals } from "../support/join-signals";
import { createTurnLimits, type TurnBounds } from "./turn-limits";
import { boundLock, type TurnLock } from "./turn-lock";

/**
 * Takes a user away; the last to leave releases the lock. If that finds the lock lost, it rejects with the loss, or publishes
 * it as a warning, which is the default. Any other failure of a release is a warning.
 */
export type Leave = (onLoss?: "throw" | "warn") => Promise<void>;

/** A held lock that several use: turns within one another, and calls that are under way. */
export interface SharedLock {
  readonly lock: TurnLock;
  /**
   * Adds a user, and returns the function that takes it away again. A `"call"` is under way until then. A `"turn"` is idle
   * unless something is: see `busy`.
   */
  enter(as?: "call" | "turn"): Leave;
  /** The lock is not idle until the function that it returns is called. */
  busy(): () => void;
  /** Begins work for the holder of the lock, where observers see it. */
  readonly inHold: <T>(work: () => T) => T;
  /** Whether all have left. */
  readonly over: boolean;
  /** The queue of the turns within this one. */
  within?: Locker;
}

export interface Sharing extends TurnBounds {
  /** Called once: when the last user has left, or when a bound is reached and no call is under way. */
  readonly release: () => Promise<void>;
  readonly inHold: SharedLock["inHold"];
  /** Its abort ends the use of the lock as a bound does. */
  readonly until?: AbortSignal | undefined;
}

/** A lock whose bound is reached is lost for all its users, and is released before they have left. */
export function shareLock(given: TurnLock, { release, inHold, until, ...bounds }: Sharing): SharedLock {
  let users = 0;
  let entered = 0;
  let calls = 0;
  let over = false;
  let loss: LockError | undefined;
  /** Whether the loss was published before the last user leaves. */
  let heard = false;
  let released: Promise<LockError | undefined> | undefined;
  const limits = createTurnLimits(bounds, (bound, why) => lose(new LockLostError(given.key, why), bound === "maxIdle"));
  const bound = until || limits.some ? boundLock(given, limits.look) : undefined;
  const lock = bound ?? given;
  const onAbort = () => lose(until?.reason);
  until?.addEventListener("abort", onAbort, { once: true });

  function giveBack(): void {
    released ??= release().then(
      () => undefined,
      (error: LockError) => error,
    );
  }

  function lose(reason: LockLostError, forgotten = false): void {
    if (over || loss) return;
    loss = reason;
    heard = forgotten || until?.aborted === true;
    limits.stop();
    bound?.lose(reason);
    // The caller may never come back.
    if (forgotten) warn(reason);
    if (calls === 0) giveBack();
  }

  function report(failure: LockError | undefined, onLoss: "throw" | "warn"): void {
    const error = failure ?? loss;
    if (error === undefined) return;
    const isLoss = error.code === "LOCK_LOST";
    if (isLoss && onLoss === "throw") throw error;
    if (!isLoss || failure || !heard) warn(error);
  }

  function beginCall(): () => void {
    const done = limits.busy();
    calls++;
    return () => {
      done();
      if (--calls === 0 && loss) giveBack();
    };
  }

  function close(): void {
    over = true;
    limits.stop();
    until?.removeEventListener("abort", onAbort);
    bound?.dispose();
    giveBack();
  }

  async function leave(isFirst: boolean, isLast: boolean, onLoss: "throw" | "warn"): Promise<void> {
    // A user that outlives the work that took the lock may have more to do, such as the next of several writes.
    if (isLast && !isFirst) await setImmediate();
    const closes = isLast && users === 0 && !over;
    if (closes) close();
    const failure = await released;
    if (!closes) return;
    released = undefined; // A promise remembers the work that it was made in (Node 20).
    report(failure, onLoss);
  }

  return {
    lock,
    inHold,
    enter(as = "call") {
      users++;
      const isFirst = ++entered === 1;
      const endCall = as === "call" ? beginCall() : undefined;
      let left = false;
      return (onLoss = "warn") => {
        const isLast = !left && --users === 0;
        if (!left) endCall?.();
        left = true;
        return leave(isFirst, isLast, onLoss);
      };
    },
    busy: limits.busy,
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
