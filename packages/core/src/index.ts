export type { Driver, Inspection } from "./driver/driver";
export type { DriverOptions } from "./driver/driver-options";
export {
  LockBackendError,
  LockError,
  type LockErrorCode,
  LockerClosedError,
  LockLostError,
  LockNotAcquiredError,
} from "./driver/errors";
export { CHANNELS } from "./driver/observe/channels";
export { type Observer, observe } from "./driver/observe/observer";
export type {
  AcquireOperation,
  ExtendOperation,
  Fact,
  FailureFact,
  ForceReleaseOperation,
  HoldOperation,
  LostFact,
  Operation,
  QueueFact,
  ReleaseOperation,
  WarningFact,
  WholeOperation,
} from "./driver/observe/operation";
export { type Party, processLabel } from "./driver/party";
export { inProcessDriver } from "./in-process/in-process-driver";
export { createLocker } from "./locker/create-locker";
export type { ForceReleaseOptions } from "./locker/force-release";
export { createLeases, type Holder, type LeaseReply, type Leases } from "./locker/leases";
export type { Lock } from "./locker/lock";
export type { Keys, Locker, LockOf, Work } from "./locker/locker";
export type { MultiLock } from "./locker/multi-lock";
export type { OnceOptions, OnceResult } from "./locker/once";
export type { LockOptions } from "./locker/options";
