const roles = ["system", "user", "assistant", "tool"] as const;

export type Role = (typeof roles)[number];

/** A piece of a message: `text` is what a search sees, other fields are kept as they are. */
export interface ContentPart {
  type: string;
  text?: string;
  [field: string]: unknown;
}

/** One message of a conversation, safe to write as JSON: it comes back as `JSON.parse(JSON.stringify(message))`. */
export interface Message {
  role: Role;
  content: string | ContentPart[];
  id?: string;
  name?: string;
  metadata?: Record<string, unknown>;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isPart = (part: unknown): part is ContentPart =>
  isObject(part) && typeof part.type === "string" && (part.text === undefined || typeof part.text === "string");

/** Throws a `TypeError` that says what is wrong with `message`, under the name that the caller knows it by. */
function assertMessage(what: string, message: unknown): asserts message is Message {
  if (!isObject(message)) throw new TypeError(`${what} must be a message: an object with role and content`);
  if (!roles.includes(message.role as Role)) throw new TypeError(`${what}.role must be one of ${roles.join(", ")}`);
  const { content } = message;
  if (typeof content !== "string" && !(Array.isArray(content) && content.every(isPart))) {
    throw new TypeError(`${what}.content must be a string, or an array of parts with a type`);
  }
}

/** A message as JSON text, for a store. Throws `TypeError`, which calls it `what`, for what is no message, or what JSON can't write. */
export function encodeMessage(what: string, message: Message): string {
  assertMessage(what, message);
  try {
    const json = JSON.stringify(message);
    // As it will be read: a toJSON may have made something else of it.
    decodeMessage(json);
    return json;
  } catch (cause) {
    throw new TypeError(`${what} must be safe to write as JSON: ${(cause as Error).message}`, { cause });
  }
}

/** Several, at least that many, in their order. Throws `TypeError` also for fewer. */
export function encodeMessages(messages: readonly Message[], least: 0 | 1): string[] {
  if (!Array.isArray(messages) || messages.length < least) {
    throw new TypeError(`messages must be an array of ${least} or more`);
  }
  return messages.map((message, i) => encodeMessage(`messages[${i}]`, message));
}

/** The message that JSON text holds. Throws `TypeError` or `SyntaxError` if it holds none. */
export function decodeMessage(json: string): Message {
  const message: unknown = JSON.parse(json);
  assertMessage("the stored message", message);
  return message;
}

/** What a search sees of a message. */
export const textOf = ({ content }: Message): string =>
  typeof content === "string" ? content : content.map(({ text = "" }) => text).join("\n");
