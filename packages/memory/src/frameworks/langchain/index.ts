export { type ChatHistory, chatHistory, type MessageMaps } from "./chat-history";
export { type ChatHistoryLike, type ChatHistoryOptions, lockChatHistory } from "./lock-chat-history";
export { lockRunnable } from "./lock-runnable";
export type { RunnableLike } from "./locked-runnable";
export type { RunOptions } from "./run-options";
export type { StoredMessageLike } from "./stored-message";
