import type { ContentPart, Message, Role } from "../message";

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

/** Also for others to read; what only LangChain knows is kept in `metadata.langchain`. */
export function fromLangChain({ type, data }: StoredMessageLike): Message {
  const { content, ...rest } = data as Data;
  const { id, name, role } = rest;
  const own = typeof role === "string" && Object.hasOwn(types, role) ? (role as Role) : "user";
  return {
    role: roles[type] ?? own,
    content: content as string | ContentPart[],
    ...(typeof id === "string" && { id }),
    ...(typeof name === "string" && { name }),
    metadata: { langchain: { type, data: rest } },
  };
}

/** Also of messages that others wrote. One of a tool that LangChain did not write names no call of it: it is "generic". */
export function toLangChain({ role, content, id, name, metadata }: Message): StoredMessageLike {
  const kept = metadata?.langchain as { type: string; data: Data } | undefined;
  if (kept) return { type: kept.type, data: { ...kept.data, content } };
  return {
    type: types[role],
    data: { content, role, ...(id !== undefined && { id }), ...(name !== undefined && { name }) },
  };
}
