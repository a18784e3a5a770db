/// <reference path="../../packages/core/src/lua.d.ts" />
// The source itself, not the built files: so that its times can be shortened, and its text mutated.

export { realClock, useClock } from "../../packages/core/src/driver/clock";
export type { AcquireReply, Driver, DriverInspection } from "../../packages/core/src/driver/driver";
export { LockError } from "../../packages/core/src/driver/errors";
export type { Party } from "../../packages/core/src/driver/party";
export { inProcessDriver } from "../../packages/core/src/in-process/in-process-driver";
export { createLocker } from "../../packages/core/src/locker/create-locker";
export type { Lock } from "../../packages/core/src/locker/lock";
export type { Locker } from "../../packages/core/src/locker/locker";
export type { LockOptions } from "../../packages/core/src/locker/options";
export { redisDriver } from "../../packages/core/src/redis/redis-driver";
