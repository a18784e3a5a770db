import { createLocker, inProcessDriver, type Locker, type LockOptions } from "@distlock/core";
import { heldLock } from "./held-locks";
import { joinSignals } from "./join-signals";
import { assertHeld, type SharedLock, shareLock } from "./shared-lock";

/** How the lock of a turn is waited for and held. */
export interface HowToHold extends LockOptions {
  /** Integer, 1 or more, or `Infinity`: see `TurnOptions`. Default `Infinity`. */
  readonly maxIdle?: number | undefined;
}

const LONGEST = 2 ** 31 - 1;

/** For a place within a turn, which is not a lease: only its bounds end it. A bad ttl stays, for the locker to refuse. */
const inPlace = (how: LockOptions): LockOptions => ({
  ...how,
  ttl: Number.isInteger(how.ttl) && how.ttl! > 0 ? LONGEST : how.ttl,
  autoExtend: true,
  maxHold: undefined,
  waitReplicas: 0,
});

/**
 * The lock of the key for a turn or a run: that of a turn around the caller, else one that is acquired. Those within one
 * turn, or within one run, take place one at a time and wait as their options say; none waits for one that it is in. Each
 * ends by its own bounds, too.
 * Rejects as `locker.acquire` does, and with `StaleTurnError` if the turn around it has lost its lock.
 */
export async function takeTurn(locker: Locker, key: string, { maxIdle, ...how }: HowToHold): Promise<SharedLock> {
  const outer = heldLock(locker, key);
  if (!outer) {
    const lock = await locker.acquire(key, how);
    return shareLock(lock, { release: () => lock.release(), maxIdle });
  }
  const { lock } = outer;
  const leave = outer.enter();
  const wait = joinSignals(lock.signal, how.signal);
  try {
    outer.within ??= createLocker(inProcessDriver());
    const place = await outer.within.acquire(key, { ...inPlace(how), signal: wait.signal });
    const release = async () => {
      await place.release();
      await leave((loss) => {
        throw loss;
      });
    };
    return shareLock(lock, { release, until: lock.signal, maxTurn: how.maxHold, maxIdle });
  } catch (error) {
    await leave();
    assertHeld(outer);
    throw error;
  } finally {
    wait.dispose();
  }
}
