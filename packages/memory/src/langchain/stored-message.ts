import { type ContentPart, isPart, type Message, type Role } from "../message";

/** What LangChain's `mapChatMessagesToStoredMessages` gives. */
export interface StoredMessageLike {
  type: string;
  data: object;
}

const roles: Record<string, Role> = {
  human: "user",
  ai: "assistant",
  system: "system",
  tool: "tool",
  function: "tool",
};
const types: Record<Role, string> = { user: "human", assistant: "ai", system: "system", tool: "generic" };

type Data = Record<string, unknown>;

/** Of a part that is none of ours, what can be read. */
function toPart(part: unknown): ContentPart[] {
  if (isPart(part)) return [part];
  const text = typeof part === "string" ? part : (part as { text?: unknown } | null | undefined)?.text;
  return typeof text === "string" ? [{ type: "text", text }] : [];
}

/** Also for others to read; what only LangChain knows is kept in `metadata.langchain`: the content, too, if it must be. */
export function fromLangChain({ type, data }: StoredMessageLike): Message {
  const { content, ...rest } = data as Data;
  const { id, name, role } = rest;
  const own = typeof role === "string" && Object.hasOwn(types, role) ? (role as Role) : "user";
  const parts = Array.isArray(content) ? content : [];
  const ours = typeof content === "string" || (parts === content && parts.every(isPart));
  return {
    role: roles[type] ?? own,
    content: ours ? (content as string | ContentPart[]) : parts.flatMap(toPart),
    ...(typeof id === "string" && { id }),
    ...(typeof name === "string" && { name }),
    metadata: { langchain: { type, data: ours ? rest : data } },
  };
}

/** Also of messages that others wrote. One of a tool that LangChain did not write names no call of it: it is "generic". */
export function toLangChain({ role, content, id, name, metadata }: Message): StoredMessageLike {
  const kept = metadata?.langchain as { type: string; data: Data } | undefined;
  if (kept) return { type: kept.type, data: { content, ...kept.data } };
  return {
    type: types[role],
    data: { content, role, ...(id !== undefined && { id }), ...(name !== undefined && { name }) },
  };
}
