import type { Locker } from "@distlock/core";

/** Throws `TypeError`, which names the function that needs a locker, for a value that is not one. */
export function assertLocker(who: string, locker: Locker): void {
  if (typeof locker?.acquire !== "function" || typeof locker.withLock !== "function") {
    throw new TypeError(`${who} needs a locker, such as createLocker(ioredisDriver(client))`);
  }
}
