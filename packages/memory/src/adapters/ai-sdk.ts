export type { ChatMessage } from "../ai-sdk/chat-message";
export { type ChatSessions, type ChatStore, type ChatTurn, chatStore } from "../ai-sdk/chat-store";
