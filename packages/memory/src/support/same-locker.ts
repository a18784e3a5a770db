import type { Locker } from "@distlock/core";
import { lockerIdentity } from "@distlock/core/driver";

export const identityOf = (locker: Locker): object => locker[lockerIdentity] ?? locker;

/** True if both are one locker, or one is a decorator of the other. */
export const isSameLocker = (a: Locker, b: Locker): boolean => identityOf(a) === identityOf(b);
