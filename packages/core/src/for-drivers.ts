// The entry `@distlock/core/driver`: what only authors of drivers, of adapters and of decorators need.
// Tested by test/repository/packaging.test.ts
export type {
  AcquireReply,
  AcquireRequest,
  Call,
  Contention,
  Driver,
  DriverInspection,
  ExtendReply,
  ExtendRequest,
  ForcedOut,
  ForceReleaseRequest,
  Place,
  ReleaseReply,
  ReleaseRequest,
  ReplicateRequest,
  Replicator,
  SeenHolder,
  TransferReply,
  TransferRequest,
} from "./driver/driver";
export { DriverError } from "./driver/driver-error";
export type { DriverOptions } from "./driver/driver-options";
export type { DriverQueue, HeartbeatReply, HeartbeatRequest, Listener } from "./driver/driver-queue";
export { assertKey, inLockOrder, slotOf } from "./driver/keys";
export { calledAs } from "./driver/observe/caller";
export { warn } from "./driver/observe/facts";
export { begin, isFailure, isObserved } from "./driver/observe/observed";
export { background, within } from "./driver/observe/through";
export { createHiddenLocker } from "./locker/create-locker";
export { withinHold } from "./locker/hold/hold-watch";
export { lockerIdentity } from "./locker/locker-identity";
export { checkLockOptions } from "./locker/options";
export { closedClientError, type ListReader, type RedisConnection, type Replication } from "./redis/connection";
export { redisDriver } from "./redis/redis-driver";
export { type RunScript, script } from "./redis/script";
