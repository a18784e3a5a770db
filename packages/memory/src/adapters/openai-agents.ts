export type { HistoryMutation } from "../openai-agents/history-mutation";
export type { HistoryTransaction } from "../openai-agents/history-transaction";
export { type LockRunOptions, lockRun, type Run } from "../openai-agents/lock-run";
export { RedisSession } from "../openai-agents/redis-session";
export type { RedisSessionOptions } from "../openai-agents/redis-session-options";
