/// <reference path="../../packages/core/src/lua.d.ts" />
// The source itself, not what was built from it: so that its times can be shortened, and its text mutated.
export type { RedisConnection } from "../../packages/core/src/connection";
export type { AcquireReply, Driver } from "../../packages/core/src/driver";
export { LockError } from "../../packages/core/src/errors";
export type { Lock } from "../../packages/core/src/lock";
export { createLocker, type Locker } from "../../packages/core/src/locker";
export type { LockOptions } from "../../packages/core/src/options";
export { redisDriver } from "../../packages/core/src/redis-driver";
