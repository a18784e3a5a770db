import { decodeObject, encodeObject, encodeObjects } from "./json-text";

/** A piece of a message: `text` is what a search sees, other fields are kept as they are. */
export interface ContentPart {
  type: string;
  text?: string;
  [field: string]: unknown;
}

/**
 * One message of a conversation, unless a memory has another type of message: any object that JSON can hold, kept as it is. It
 * comes back as `JSON.parse(JSON.stringify(message))`.
 */
export interface Message {
  /** `"user"`, `"assistant"`, `"system"`, `"tool"`, or any other role that a model knows. */
  role: string;
  content?: string | ContentPart[] | null | undefined;
  id?: string;
  name?: string;
  metadata?: Record<string, unknown>;
  [field: string]: unknown;
}

/**
 * A message as JSON text, for a store. Throws `TypeError`, which calls it `what`, for a value that is not an object, that JSON
 * can't write, or that JSON would change, such as bytes.
 */
export const encodeMessage = (what: string, message: object): string => encodeObject(what, "a message", message);

/** Encodes at least `least` messages, in their order. Throws `TypeError` for fewer as well. */
export const encodeMessages = (messages: readonly object[], least: 0 | 1): string[] =>
  encodeObjects("messages", "a message", messages, least);

/** The message that JSON text holds. Throws `TypeError` or `SyntaxError` if it holds none. */
export const decodeMessage = <M extends object = Message>(json: string): M => decodeObject(json) as M;

const textOfPart = (part: unknown): string => {
  const text = (part as { text?: unknown } | null | undefined)?.text;
  return typeof text === "string" ? text : "";
};

/** The text of a message for a search: its `content`, or its `parts`, if that is a text or an array of objects with a `text`. */
export function textOf(message: object): string {
  const { content, parts } = message as { content?: unknown; parts?: unknown };
  const said = content ?? parts;
  if (typeof said === "string") return said;
  return Array.isArray(said) ? said.map(textOfPart).join("\n") : "";
}
