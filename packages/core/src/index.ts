export type {
  AcquireReply,
  AcquireRequest,
  Call,
  Driver,
  DriverInspection,
  ExtendReply,
  ExtendRequest,
  Inspection,
  Place,
  ReleaseReply,
  ReleaseRequest,
  ReplicateRequest,
  Replicator,
  TransferReply,
  TransferRequest,
} from "./driver/driver";
export { DriverError } from "./driver/driver-error";
export type { DriverOptions } from "./driver/driver-options";
export type { DriverQueue, HeartbeatReply, HeartbeatRequest, Listener } from "./driver/driver-queue";
export {
  LockBackendError,
  LockError,
  type LockErrorCode,
  LockerClosedError,
  LockLostError,
  LockNotAcquiredError,
} from "./driver/errors";
export { assertKey, inLockOrder, slotOf } from "./driver/keys";
export { warn } from "./driver/warning";
export { inProcessDriver } from "./in-process/in-process-driver";
export { createLeases, type Holder, type LeaseReply, type Leases } from "./locker/leases";
export type { Lock } from "./locker/lock";
export { createLocker, type Keys, type Locker, type LockOf, type Work } from "./locker/locker";
export { lockerIdentity } from "./locker/locker-identity";
export type { MultiLock } from "./locker/multi-lock";
export { checkLockOptions, type LockOptions } from "./locker/options";
export { closedClientError, type ListReader, type RedisConnection, type Replication } from "./redis/connection";
export { redisDriver } from "./redis/redis-driver";
export { type RunScript, script } from "./redis/script";
