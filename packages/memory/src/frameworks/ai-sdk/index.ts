export type { ChatMessage } from "./chat-message";
export { type ChatSessions, type ChatStore, type ChatTurn, chatStore } from "./chat-store";
