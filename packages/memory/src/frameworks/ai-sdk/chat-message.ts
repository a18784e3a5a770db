import type { Message } from "../../store/message";
import { withoutOwnFields } from "../own-fields";

/** The required fields of a `UIMessage` of the AI SDK. Other fields are kept too. */
export interface ChatMessage {
  id: string;
  role: "system" | "user" | "assistant";
  parts: readonly { readonly type: string }[];
  metadata?: unknown;
}

const roles: readonly unknown[] = ["system", "user", "assistant"];

/**
 * As the memory has it: the parts are its content, so that a search finds their text. What other adapters keep for their
 * frameworks is left out: the message may come from a browser. Throws `TypeError`.
 */
export function toMessage(message: ChatMessage, i: number): Message {
  if (typeof message?.id !== "string" || !Array.isArray(message.parts)) {
    throw new TypeError(`messages[${i}] must be a UIMessage: an object with id, role and parts`);
  }
  if (!roles.includes(message.role)) throw new TypeError(`messages[${i}].role must be one of ${roles.join(", ")}`);
  if ("content" in message) throw new TypeError(`messages[${i}] must have parts and no content`);
  const { parts, ...rest } = withoutOwnFields(message);
  return { ...rest, content: parts } as unknown as Message;
}

/** The saved message, as JSON keeps it. */
export function fromMessage(message: Message): ChatMessage {
  const { content, ...rest } = withoutOwnFields(message);
  const parts = typeof content === "string" ? [{ type: "text", text: content }] : (content ?? rest.parts ?? []);
  return { ...rest, parts } as ChatMessage;
}
