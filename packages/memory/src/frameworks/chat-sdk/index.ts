export { type LocksOptions, type StateLock, type StateLocks, withLocks } from "./with-locks";
