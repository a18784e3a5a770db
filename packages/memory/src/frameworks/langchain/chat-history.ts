import { lockOf } from "../../locked-memory/locked-mark";
import type { AppendableMemory, Memory } from "../../store/memory";
import type { Message } from "../../store/message";
import { assertHistoryOf } from "../../turn/held-locks";
import { recordFailure } from "./recorded-failures";
import { fromLangChain, type StoredMessageLike, toLangChain, toPlainLangChain } from "./stored-message";

/** Functions of `@langchain/core/messages`, so that the messages are of your copy of it. */
export interface MessageMaps<M, S extends StoredMessageLike> {
  mapChatMessagesToStoredMessages(messages: M[]): S[];
  mapStoredMessagesToChatMessages(messages: S[]): M[];
}

/** LangChain's `BaseChatMessageHistory`. */
export interface ChatHistory<M> {
  getMessages(): Promise<M[]>;
  addMessage(message: M): Promise<void>;
  /** All or none. */
  addMessages(messages: M[]): Promise<void>;
  addUserMessage(text: string): Promise<void>;
  addAIMessage(text: string): Promise<void>;
  clear(): Promise<void>;
  lc_serializable: boolean;
  lc_kwargs: Record<string, never>;
  lc_namespace: string[];
  lc_id: string[];
  lc_secrets: undefined;
  lc_attributes: undefined;
  lc_aliases: undefined;
  lc_serializable_keys: undefined;
  toJSON(): { lc: number; type: "not_implemented"; id: string[] };
  toJSONNotImplemented(): { lc: number; type: "not_implemented"; id: string[] };
}

/**
 * A conversation as a history of LangChain. Over a `LockedMemory` of `RedisMemory` it is fenced: in a run of `lockRunnable`,
 * with the same locker and session, its reads and writes carry the fence of the run, and are refused with
 * `StaleTurnError` once a newer one has read or written. Within runs and turns that are all of other sessions it rejects with
 * `TypeError`. Otherwise it rejects as the memory does. The run around it rejects with its error too: LangChain keeps the error to
 * itself.
 *
 * Messages are kept in the form of the memory, for others to read, and come back as LangChain passed them, with tool calls, ids
 * and usage: LangChain's own stored form is in their field `langchain`. The role of a message says which message comes back. A
 * message that LangChain can't make comes back by its role and content.
 */
export function chatHistory<M, S extends StoredMessageLike>(
  memory: Pick<Memory<Message>, "load" | "clear"> & AppendableMemory<Message>,
  maps: MessageMaps<M, S>,
): ChatHistory<M> {
  if (typeof memory?.append !== "function" || typeof memory.load !== "function") {
    throw new TypeError("chatHistory needs a memory with append, load and clear");
  }
  const { mapChatMessagesToStoredMessages: toStored, mapStoredMessagesToChatMessages: fromStored } = maps ?? {};
  if (typeof toStored !== "function" || typeof fromStored !== "function") {
    throw new TypeError(
      "chatHistory needs mapChatMessagesToStoredMessages and mapStoredMessagesToChatMessages of @langchain/core/messages",
    );
  }
  const read = (message: Message): M[] => {
    try {
      return fromStored([toLangChain(message) as S]);
    } catch {
      return fromStored([toPlainLangChain(message) as S]);
    }
  };
  const lock = lockOf(memory);
  const run = <T>(call: () => Promise<T>): Promise<T> =>
    recordFailure(async () => {
      if (lock) assertHistoryOf("this chatHistory", lock.locker, lock.key);
      return call();
    }) as Promise<T>;
  const add = (storedOf: () => StoredMessageLike[]): Promise<void> =>
    run(async () => {
      const messages = storedOf().map(fromLangChain);
      if (messages.length > 0) await memory.append(messages);
    });
  const lc_namespace = ["distlock", "memory"];
  const lc_id = [...lc_namespace, "ChatHistory"];
  const toJSON = () => ({ lc: 1, type: "not_implemented" as const, id: lc_id });
  return {
    getMessages: () => run(async () => (await memory.load()).flatMap(read)),
    addMessage: (message) => add(() => toStored([message])),
    addMessages: (messages) => add(() => toStored(messages)),
    addUserMessage: (content) => add(() => [{ type: "human", data: { content } }]),
    addAIMessage: (content) => add(() => [{ type: "ai", data: { content } }]),
    clear: () => run(() => memory.clear()),
    lc_serializable: false,
    lc_kwargs: {},
    lc_namespace,
    lc_id,
    lc_secrets: undefined,
    lc_attributes: undefined,
    lc_aliases: undefined,
    lc_serializable_keys: undefined,
    toJSON,
    toJSONNotImplemented: toJSON,
  };
}
