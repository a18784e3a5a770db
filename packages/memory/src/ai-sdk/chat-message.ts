import type { Message } from "../message";

/** What a `UIMessage` of the AI SDK has. Other fields are kept too. */
export interface ChatMessage {
  id: string;
  role: "system" | "user" | "assistant";
  parts: readonly { readonly type: string }[];
  metadata?: unknown;
}

/** As the memory has it: the parts are its content, so that a search finds their text. Throws `TypeError`. */
export function toMessage(message: ChatMessage, i: number): Message {
  if (typeof message?.id !== "string" || !Array.isArray(message.parts)) {
    throw new TypeError(`messages[${i}] must be a UIMessage: an object with id, role and parts`);
  }
  if ("content" in message) throw new TypeError(`messages[${i}] must have parts and no content`);
  const { parts, ...rest } = message;
  return { ...rest, content: parts } as Message;
}

/** What was saved of it, as JSON gives it back. */
export function fromMessage({ content, ...rest }: Message): ChatMessage {
  return { ...rest, parts: typeof content === "string" ? [{ type: "text", text: content }] : content } as ChatMessage;
}
