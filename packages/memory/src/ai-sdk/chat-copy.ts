import type { EndReplaceableMemory } from "../end-memory";
import type { Memory, MemoryOptions, ReplaceableMemory } from "../memory";
import type { Message } from "../message";
import { type ChatMessage, fromMessage, toMessage } from "./chat-message";

/** What a chat is kept in. One that can't `replaceEnd` is sent all of it. */
export type ChatMemory = Pick<Memory, "load"> & ReplaceableMemory & Partial<EndReplaceableMemory>;

/** The chat as a turn knows it to be kept: by that, a save is no more than what has changed. */
export interface ChatCopy {
  load(options?: MemoryOptions): Promise<ChatMessage[]>;
  /** Rejects with `TypeError` for what are not messages. */
  save(messages: readonly ChatMessage[], options?: MemoryOptions): Promise<void>;
}

/** A message as the caller has it, and as it is kept: as texts, since the caller may change the objects. */
interface Known {
  readonly shown: string;
  readonly kept: string;
}

/** `undefined` for what JSON can't write: the memory says so. */
function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

export function createChatCopy(memory: ChatMemory): ChatCopy {
  let known: readonly Known[] | undefined;

  /** Sends what is not as it is known to be kept, if the chat still ends as it is known to: whether it does. */
  async function sendChanges(
    before: readonly Known[],
    all: readonly Message[],
    same: number,
    options?: MemoryOptions,
  ): Promise<boolean> {
    // The last one that stays shows that nobody has added another.
    if (same === 0 || !memory.replaceEnd) return false;
    const expected = before.slice(same - 1).map(({ kept }) => JSON.parse(kept) as Message);
    try {
      return await memory.replaceEnd(expected, [expected[0]!, ...all.slice(same)], options);
    } catch (error) {
      // Of a message that can't be kept, `replace` knows the place in the whole.
      if (error instanceof TypeError) return false;
      throw error;
    }
  }

  return {
    async load(options) {
      known = undefined;
      const messages = await memory.load(undefined, options);
      const chat = messages.map(fromMessage);
      known = messages.map((message, i) => ({ kept: JSON.stringify(message), shown: JSON.stringify(chat[i]) }));
      return chat;
    },

    async save(messages, options) {
      if (!Array.isArray(messages)) throw new TypeError("messages must be an array");
      const all = messages.map(toMessage);
      const shown = messages.map(textOf);
      const before = known ?? [];
      let same = 0;
      while (same < before.length && shown[same] === before[same]!.shown) same++;
      // Until it is known that it was done; and a save that comes meanwhile must not count on it.
      known = undefined;
      if (!(await sendChanges(before, all, same, options))) {
        same = 0;
        await memory.replace(all, options);
      }
      const kept = before.slice(0, same);
      known = [...kept, ...all.slice(same).map((each, i) => ({ kept: JSON.stringify(each), shown: shown[same + i]! }))];
    },
  };
}
