export { type LeaseOptions, type LeaseProvider, leaseProvider } from "./lease-provider";
export { type ThreadLock, type ThreadLockOptions, threadLock } from "./thread-lock";
