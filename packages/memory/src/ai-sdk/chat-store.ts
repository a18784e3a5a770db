import type { Memory, MemoryOptions, ReplaceableMemory } from "../memory";
import type { Session } from "../session-key";
import type { Turn } from "../turn";
import type { TurnOptions } from "../turn-options";
import type { Turns, TurnWork } from "../turns";
import { type ChatMessage, fromMessage, toMessage } from "./chat-message";

type ChatMemory = Pick<Memory, "load"> & ReplaceableMemory;

/** Where chats are kept: a `LockedMemory` of many sessions, whose memories can `replace`, as `RedisMemory` can. */
export interface ChatSessions<S extends Session = string> {
  for(session: S): ChatMemory & Turns<Turn & ReplaceableMemory>;
}

/** One turn of a chat: `loadChat`, ask a model, `saveChat`, under one lock; the rest is as in every `Turn`. */
export interface ChatTurn<M> extends Omit<Turn, keyof Memory> {
  /** All messages of the chat, oldest first; `[]` of a new one. */
  loadChat(options?: MemoryOptions): Promise<M[]>;
  /**
   * Puts the messages in the place of all that are there, in one step. Rejects with `StaleTurnError`, and changes nothing,
   * when the turn has ended, has lost its lock, or a newer one has loaded or saved.
   */
  saveChat(chat: { messages: readonly M[] }, options?: MemoryOptions): Promise<void>;
}

/**
 * The chat store of the AI SDK's guides, and turns of a chat. Messages come back as JSON gives them back. `M` is your
 * `UIMessage`. Rejects as the memory and its turns do, and with `TypeError` for what is no `UIMessage`.
 */
export interface ChatStore<M, S extends Session = string> {
  /** All messages of the chat, oldest first; `[]` of a new one. */
  loadChat(chatId: S): Promise<M[]>;
  /**
   * Puts the messages in the place of all that are there, in one step, which takes the lock for itself unless it is called
   * within a turn of the chat. What others have saved since `loadChat` is lost: use a turn for both.
   */
  saveChat(chat: { chatId: S; messages: readonly M[] }): Promise<void>;
  /** As `beginTurn` of a memory: a turn that goes on after the caller has returned. */
  beginTurn(chatId: S, options?: TurnOptions): Promise<ChatTurn<M>>;
  /** As `withTurn` of a memory: also ends the turn if the work fails before there is a stream to hold. */
  withTurn<R>(chatId: S, work: TurnWork<ChatTurn<M>, R>): Promise<R>;
  withTurn<R>(chatId: S, options: TurnOptions, work: TurnWork<ChatTurn<M>, R>): Promise<R>;
}

const load = async <M>(memory: ChatMemory, options?: MemoryOptions): Promise<M[]> =>
  (await memory.load(options)).map(fromMessage) as M[];

async function save(memory: ChatMemory, messages: readonly ChatMessage[], options?: MemoryOptions): Promise<void> {
  if (!Array.isArray(messages)) throw new TypeError("messages must be an array");
  await memory.replace(messages.map(toMessage), options);
}

const chatTurn = <M extends ChatMessage>(turn: Turn & ReplaceableMemory): ChatTurn<M> => ({
  fence: turn.fence,
  get signal() {
    return turn.signal;
  },
  hold: turn.hold,
  end: turn.end,
  [Symbol.asyncDispose]: turn[Symbol.asyncDispose],
  loadChat: (options) => load(turn, options),
  saveChat: ({ messages }, options) => save(turn, messages, options),
});

/** Throws `TypeError` for what is no `LockedMemory` of many sessions. */
export function chatStore<M extends ChatMessage = ChatMessage, S extends Session = string>(
  sessions: ChatSessions<S>,
): ChatStore<M, S> {
  if (typeof sessions?.for !== "function") {
    throw new TypeError("chatStore needs a LockedMemory of many sessions: one made with a function of the session");
  }
  function chat(chatId: S): ReturnType<ChatSessions<S>["for"]> {
    const memory = sessions.for(chatId);
    if (typeof memory.replace !== "function") {
      throw new TypeError("chatStore needs memories that can replace, such as RedisMemory");
    }
    return memory;
  }
  return {
    loadChat: async (chatId) => load(chat(chatId)),
    saveChat: async ({ chatId, messages }) => save(chat(chatId), messages),
    beginTurn: async (chatId, options) => chatTurn<M>(await chat(chatId).beginTurn(options)),
    async withTurn<R>(
      chatId: S,
      ...rest: [TurnWork<ChatTurn<M>, R>] | [TurnOptions, TurnWork<ChatTurn<M>, R>]
    ): Promise<R> {
      const [options, work] = rest.length === 1 ? [{}, rest[0]] : rest;
      if (typeof work !== "function") throw new TypeError("withTurn needs the work to do: a function of the turn");
      return chat(chatId).withTurn(options, (turn) => work(chatTurn<M>(turn)));
    },
  };
}
