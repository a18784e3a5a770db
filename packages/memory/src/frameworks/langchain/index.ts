export { type ChatHistory, chatHistory, type MessageMaps } from "./chat-history";
export { type ChatHistoryLike, type ChatHistoryOptions, lockChatHistory } from "./lock-chat-history";
export { lockRunnable } from "./lock-runnable";
export type { StoredMessageLike } from "./stored-message";
export type { RunnableLike, RunOptions } from "./locked-runnable";
