import { inProcessDriver, type Lock, type Locker, type LockOptions } from "@distlock/core";
import { calledAs, createHiddenLocker, withinHold } from "@distlock/core/driver";
import { joinSignals } from "../support/join-signals";
import { heldLock } from "./held-locks";
import { observedTurn } from "./observed-turn";
import { assertHeld, type SharedLock, shareLock } from "./shared-lock";
import type { HowToHold } from "./turn-options";
import { SILENCE, watchOutages } from "./watch-outages";

const LONGEST = 2 ** 31 - 1;

/** A place within a turn is not a lease: only its bounds end it. A bad ttl stays, for the locker to refuse. */
const inPlace = (how: LockOptions): LockOptions => ({
  ...how,
  ttl: Number.isInteger(how.ttl) && how.ttl! > 0 ? LONGEST : how.ttl,
  autoExtend: true,
  maxHold: undefined,
  waitReplicas: 0,
});

/** Acquires as the locker does. A Redis that can't be reached ends the wait after about 5 s: patience is for other turns. */
async function acquire(locker: Locker, key: string, how: LockOptions): Promise<Lock> {
  if (how.timeout === undefined || how.timeout <= SILENCE) return calledAs("turn", () => locker.acquire(key, how));
  const wait = joinSignals(how.signal);
  const answered = watchOutages(locker, key, wait.abort);
  try {
    return await calledAs("turn", () => locker.acquire(key, { ...how, signal: wait.signal }));
  } finally {
    answered();
    wait.dispose();
  }
}

/**
 * The lock of the key for a turn or a run: the lock of a turn around the caller, or else one that is acquired. Turns and runs
 * within one turn or run take place one at a time, and wait as their options say; none waits for one that it is in. Each ends
 * by its own bounds, too.
 * Rejects as `locker.acquire` does, with `LockBackendError`, too, when Redis can't be reached for about 5 s of the wait, and
 * with `StaleTurnError` if the turn around it has lost its lock.
 */
export async function takeTurn(locker: Locker, key: string, options: HowToHold): Promise<SharedLock> {
  const outer = heldLock(locker, key);
  if (outer) return takePlace(outer, key, options);
  const { maxIdle, ...how } = options;
  const { lock, release } = await observedTurn(locker, key, how.signal, () => acquire(locker, key, how));
  return shareLock(lock, { release, inHold: (work) => withinHold(lock, work), maxIdle });
}

/** A place among the turns within another one: they share its lock, one after the other. */
async function takePlace(outer: SharedLock, key: string, { maxIdle, ...how }: HowToHold): Promise<SharedLock> {
  const { lock } = outer;
  const leave = outer.enter();
  const wait = joinSignals(lock.signal, how.signal);
  try {
    // The mutex of the turns within one turn: a locker of this process waits, aborts and times out by the same options.
    outer.within ??= createHiddenLocker(inProcessDriver());
    const place = await outer.within.acquire(key, { ...inPlace(how), signal: wait.signal });
    const release = async () => {
      await place.release();
      await leave("throw");
    };
    return shareLock(lock, { release, inHold: outer.inHold, until: lock.signal, maxTurn: how.maxHold, maxIdle });
  } catch (error) {
    await leave();
    assertHeld(outer);
    throw error;
  } finally {
    wait.dispose();
  }
}
