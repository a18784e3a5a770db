import { type ContentPart, type Message, ownField } from "../../store/message";

/** What LangChain's `mapChatMessagesToStoredMessages` gives. */
export interface StoredMessageLike {
  type: string;
  data: object;
}

type Data = Record<string, unknown>;

/** Roles of LangChain's types of messages; of others, the type is the role. */
const roles: ReadonlyMap<unknown, string> = new Map([
  ["human", "user"],
  ["ai", "assistant"],
  ["system", "system"],
  ["tool", "tool"],
  ["function", "tool"],
]);
/** One of a tool names the call that it is of: LangChain has none for a message that does not. */
const types: ReadonlyMap<string, string> = new Map([
  ["user", "human"],
  ["assistant", "ai"],
  ["system", "system"],
]);

const isObject = (value: unknown): value is Data =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isPart = (part: unknown): part is ContentPart =>
  isObject(part) && typeof part.type === "string" && (part.text === undefined || typeof part.text === "string");

/** Of a part that is none of ours, what can be read. */
function toPart(part: unknown): ContentPart[] {
  if (isPart(part)) return [part];
  const text = typeof part === "string" ? part : (part as { text?: unknown } | null | undefined)?.text;
  return typeof text === "string" ? [{ type: "text", text }] : [];
}

/** Of a "generic" one, its own. */
function roleOf(type: unknown, data: Data): string {
  const own = type === "generic" ? data.role : (roles.get(type) ?? type);
  return typeof own === "string" && own !== "" ? own : "user";
}

/**
 * Also for others to read. What only LangChain knows is in a field of its own, the content too if it must be: not in
 * `metadata`, which comes from browsers.
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

/** A message as its role and content are, whoever wrote it. */
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

/** As LangChain wrote it. It is the role that says what a message is: what LangChain has kept of another one does not count. */
export function toLangChain(message: Message): StoredMessageLike {
  const kept = message[ownField.langchain];
  if (!isObject(kept) || !isObject(kept.data) || roleOf(kept.type, kept.data) !== message.role) {
    return toPlainLangChain(message);
  }
  return { type: kept.type as string, data: { content: message.content, ...kept.data } };
}
