import type { Locker } from "@distlock/core";

/** Throws `TypeError` for what is no locker. */
export function assertLocker(who: string, locker: Locker): void {
  if (typeof locker?.acquire !== "function" || typeof locker.withLock !== "function") {
    throw new TypeError(`${who} needs a locker, such as createLocker(ioredisDriver(client))`);
  }
}
