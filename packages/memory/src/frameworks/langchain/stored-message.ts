import type { ContentPart, Message } from "../../store/message";
import { ownField } from "../own-fields";

/** A result of LangChain's `mapChatMessagesToStoredMessages`. */
export interface StoredMessageLike {
  type: string;
  data: object;
}

type Data = Record<string, unknown>;

/** Roles of LangChain's types of messages. The role of any other type is the type. */
const roles: ReadonlyMap<unknown, string> = new Map([
  ["human", "user"],
  ["ai", "assistant"],
  ["system", "system"],
  ["tool", "tool"],
  ["function", "tool"],
]);
/** A tool's message is not among them: LangChain needs the id of its call, which a message may lack. */
const types: ReadonlyMap<string, string> = new Map([
  ["user", "human"],
  ["assistant", "ai"],
  ["system", "system"],
]);

const isObject = (value: unknown): value is Data =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isPart = (part: unknown): part is ContentPart =>
  isObject(part) && typeof part.type === "string" && (part.text === undefined || typeof part.text === "string");

/** The text of a part that is not a `ContentPart`, if it has one. */
function toPart(part: unknown): ContentPart[] {
  if (isPart(part)) return [part];
  const text = typeof part === "string" ? part : (part as { text?: unknown } | null | undefined)?.text;
  return typeof text === "string" ? [{ type: "text", text }] : [];
}

/** A "generic" message has a role of its own. */
function roleOf(type: unknown, data: Data): string {
  const own = type === "generic" ? data.role : (roles.get(type) ?? type);
  return typeof own === "string" && own !== "" ? own : "user";
}

/**
 * A message of the memory, which others can read. The rest of LangChain's form is in a field of its own, with the content if that
 * has other parts than `ContentPart`. It is not in `metadata`, which comes from browsers.
 */
export function fromLangChain({ type, data }: StoredMessageLike): Message {
  const { content, ...rest } = data as Data;
  const { id, name } = rest;
  const parts = Array.isArray(content) ? content : [];
  const ours = typeof content === "string" || (parts === content && parts.every(isPart));
  return {
    role: roleOf(type, rest),
    content: ours ? (content as string | ContentPart[]) : parts.flatMap(toPart),
    ...(typeof id === "string" && { id }),
    ...(typeof name === "string" && { name }),
    [ownField.langchain]: { type, data: ours ? rest : data },
  };
}

/** The message of this role and content, no matter who wrote it. */
export function toPlainLangChain({ role, type, content, id, name }: Message): StoredMessageLike {
  return {
    type: types.get(role) ?? "generic",
    data: {
      content: content ?? "",
      role: typeof role === "string" ? role : String(type ?? "unknown"),
      ...(id !== undefined && { id }),
      ...(name !== undefined && { name }),
    },
  };
}

/** The message as LangChain wrote it. The role says what a message is: a kept form of another role is ignored. */
export function toLangChain(message: Message): StoredMessageLike {
  const kept = message[ownField.langchain];
  if (!isObject(kept) || !isObject(kept.data) || roleOf(kept.type, kept.data) !== message.role) {
    return toPlainLangChain(message);
  }
  return { type: kept.type as string, data: { content: message.content, ...kept.data } };
}
