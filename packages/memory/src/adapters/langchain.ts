export { type ChatHistory, chatHistory, type MessageMaps } from "../langchain/chat-history";
export { type ChatHistoryLike, type ChatHistoryOptions, lockChatHistory } from "../langchain/lock-chat-history";
export { lockRunnable } from "../langchain/lock-runnable";
export type { StoredMessageLike } from "../langchain/stored-message";
export type { RunnableLike, RunOptions } from "../locked-runnable";
