export type { HistoryMutation } from "./history-mutation";
export type { HistoryTransaction } from "./history-transaction";
export { type LockRunOptions, lockRun, type Run } from "./lock-run";
export { RedisSession } from "./redis-session";
export type { RedisSessionOptions } from "./redis-session-options";
