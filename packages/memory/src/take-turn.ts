import { createLocker, inProcessDriver, type Locker, type LockOptions } from "@distlock/core";
import { heldLock } from "./held-locks";
import { joinSignals } from "./join-signals";
import { assertHeld, type SharedLock, shareLock } from "./shared-lock";

/**
 * The lock of the key for a turn or a run: that of a turn around the caller, else one that is acquired. Those within one
 * turn, or within one run, take place one at a time and wait as their options say; none waits for one that it is in.
 * Rejects as `locker.acquire` does, and with `StaleTurnError` if the turn around it has lost its lock.
 */
export async function takeTurn(locker: Locker, key: string, how: LockOptions): Promise<SharedLock> {
  const outer = heldLock(locker, key);
  if (!outer) return shareLock(await locker.acquire(key, how));
  const { lock } = outer;
  const leave = outer.enter();
  const wait = joinSignals(lock.signal, how.signal);
  try {
    outer.within ??= createLocker(inProcessDriver());
    const place = await outer.within.acquire(key, { ...how, waitReplicas: 0, signal: wait.signal });
    return shareLock(lock, async () => {
      await place.release().catch(() => {}); // Others may have begun: it took longer than its own maxTurn.
      await leave((loss) => {
        throw loss;
      });
    });
  } catch (error) {
    await leave();
    assertHeld(outer);
    throw error;
  } finally {
    wait.dispose();
  }
}
