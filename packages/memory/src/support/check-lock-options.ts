import { createLocker, inProcessDriver, type LockOptions } from "@distlock/core";

/** Throws `TypeError` or `RangeError` for options of a lock that are none. */
export function checkLockOptions(options: LockOptions): void {
  // A locker checks its defaults when it is made; this one, of no server, knows of no replicas.
  createLocker(inProcessDriver(), { ...options, waitReplicas: 0 });
}
