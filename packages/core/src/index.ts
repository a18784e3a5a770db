export type { RedisConnection } from "./connection";
export type {
  AcquireReply,
  AcquireRequest,
  Call,
  Driver,
  ExtendReply,
  ExtendRequest,
  HeartbeatReply,
  HeartbeatRequest,
  Inspection,
  Listener,
  ReleaseReply,
  ReleaseRequest,
} from "./driver";
export {
  LockBackendError,
  LockError,
  type LockErrorCode,
  LockerClosedError,
  LockLostError,
  LockNotAcquiredError,
} from "./errors";
export { inProcessDriver } from "./in-process-driver";
export { assertKey } from "./keys";
export type { Lock } from "./lock";
export { createLocker, type Locker, type Work } from "./locker";
export type { LockOptions } from "./options";
export { redisDriver } from "./redis-driver";
export { type RunScript, script } from "./script";
export { warn } from "./warning";
