export { type LeaseOptions, type LeaseProvider, leaseProvider } from "../mastra/lease-provider";
export { type ThreadLock, type ThreadLockOptions, threadLock } from "../mastra/thread-lock";
