import type { EndReplaceableMemory, Memory, MemoryOptions, ReplaceableMemory } from "../../store/memory";
import type { Session } from "../../support/session-key";
import type { Turn } from "../../turn/turn";
import type { TurnOptions } from "../../turn/turn-options";
import { optionsAndWork, type TurnWork } from "../../turn/turn-work";
import type { Turns } from "../../turn/turns";
import { type ChatMemory, createChatCopy } from "./chat-copy";
import type { ChatMessage } from "./chat-message";

/**
 * Where chats are kept: a `LockedMemory` of many sessions, whose memories can `replace`, and best also `replaceEnd`, as
 * `RedisMemory` can.
 */
export interface ChatSessions<S extends Session = string> {
  for(session: S): ChatMemory & Turns<Turn & ReplaceableMemory & Partial<EndReplaceableMemory>>;
}

/** One turn of a chat: `loadChat`, ask a model, `saveChat`, under one lock; the rest is as in every `Turn`. */
export interface ChatTurn<M> extends Omit<Turn, keyof Memory> {
  /** All messages of the chat, oldest first; `[]` of a new one. */
  loadChat(options?: MemoryOptions): Promise<M[]>;
  /**
   * Replaces all messages of the chat in one step: sends the messages that are not as this turn has loaded or
   * saved them, from the first one on. Rejects with `StaleTurnError`, and changes nothing, when the turn has ended, has lost
   * its lock, or a newer one has loaded or saved.
   */
  saveChat(chat: { messages: readonly M[] }, options?: MemoryOptions): Promise<void>;
}

/**
 * The chat store of the AI SDK's guides, and turns of a chat. Messages are loaded as JSON keeps them. `M` is your
 * `UIMessage`. Rejects as the memory and its turns do, and with `TypeError` for a value that is not a `UIMessage`.
 */
export interface ChatStore<M, S extends Session = string> {
  /** All messages of the chat, oldest first; `[]` of a new one. */
  loadChat(chatId: S): Promise<M[]>;
  /**
   * Replaces all messages of the chat in one step, which takes the lock for itself unless it is called
   * within a turn of the chat. Messages that others have saved since `loadChat` are lost: use a turn for both.
   */
  saveChat(chat: { chatId: S; messages: readonly M[] }): Promise<void>;
  /** As `beginTurn` of a memory: a turn that goes on after the caller has returned. */
  beginTurn(chatId: S, options?: TurnOptions): Promise<ChatTurn<M>>;
  /** As `withTurn` of a memory: also ends the turn if the work fails before there is a stream to hold. */
  withTurn<R>(chatId: S, work: TurnWork<ChatTurn<M>, R>): Promise<R>;
  withTurn<R>(chatId: S, options: TurnOptions, work: TurnWork<ChatTurn<M>, R>): Promise<R>;
}

function chatTurn<M extends ChatMessage>(turn: Turn & ChatMemory): ChatTurn<M> {
  const copy = createChatCopy(turn);
  return {
    fence: turn.fence,
    get signal() {
      return turn.signal;
    },
    run: turn.run,
    hold: turn.hold,
    end: turn.end,
    [Symbol.asyncDispose]: turn[Symbol.asyncDispose],
    loadChat: (options) => copy.load(options) as Promise<M[]>,
    saveChat: ({ messages }, options) => copy.save(messages, options),
  };
}

/** Throws `TypeError` for a value that is not a `LockedMemory` of many sessions. */
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
    loadChat: async (chatId) => createChatCopy(chat(chatId)).load() as Promise<M[]>,
    saveChat: async ({ chatId, messages }) => createChatCopy(chat(chatId)).save(messages),
    beginTurn: async (chatId, options) => chatTurn<M>(await chat(chatId).beginTurn(options)),
    async withTurn<R>(
      chatId: S,
      ...rest: [TurnWork<ChatTurn<M>, R>] | [TurnOptions, TurnWork<ChatTurn<M>, R>]
    ): Promise<R> {
      const [options = {}, work] = optionsAndWork(rest);
      return chat(chatId).withTurn(options, (turn) => work(chatTurn<M>(turn)));
    },
  };
}
