export { type LocksOptions, type StateLock, type StateLocks, withLocks } from "../chat-sdk/with-locks";
