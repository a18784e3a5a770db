export type { HistoryMutation } from "../openai-agents/history-mutation";
export type { HistoryTransaction } from "../openai-agents/history-transaction";
export { lockRun, type Run } from "../openai-agents/lock-run";
export type { LockRunOptions } from "../openai-agents/lock-run-options";
export { RedisSession } from "../openai-agents/redis-session";
export type { RedisSessionOptions } from "../openai-agents/redis-session-options";
