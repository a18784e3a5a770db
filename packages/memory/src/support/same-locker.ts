import type { Locker } from "@distlock/core";
import { lockerIdentity } from "@distlock/core/driver";

const identityOf = (locker: Locker): object => locker[lockerIdentity] ?? locker;

/** Whether both are one locker, be it that one of them is a decorator of the other, such as `traced(locker)`. */
export const isSameLocker = (a: Locker, b: Locker): boolean => identityOf(a) === identityOf(b);
