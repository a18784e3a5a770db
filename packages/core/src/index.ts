export { closedClientError, type ListReader, type RedisConnection, type Replication } from "./connection";
export type {
  AcquireAllReply,
  AcquireAllRequest,
  AcquireReply,
  AcquireRequest,
  Call,
  Driver,
  DriverInspection,
  ExtendReply,
  ExtendRequest,
  HeartbeatReply,
  HeartbeatRequest,
  Inspection,
  Listener,
  ReleaseReply,
  ReleaseRequest,
  ReplicateRequest,
  Replicator,
  TransferReply,
  TransferRequest,
} from "./driver";
export type { DriverOptions } from "./driver-options";
export {
  LockBackendError,
  LockError,
  type LockErrorCode,
  LockerClosedError,
  LockLostError,
  LockNotAcquiredError,
} from "./errors";
export { inProcessDriver } from "./in-process-driver";
export { assertKey, inLockOrder, slotOf } from "./keys";
export { createLeases, type Holder, type LeaseReply, type Leases } from "./leases";
export type { Lock } from "./lock";
export { createLocker, type Keys, type Locker, type LockOf, type Work } from "./locker";
export type { MultiLock } from "./multi-lock";
export type { LockOptions } from "./options";
export { redisDriver } from "./redis-driver";
export { type RunScript, script } from "./script";
export { warn } from "./warning";
