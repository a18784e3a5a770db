import type { EndReplaceableMemory, Memory, MemoryOptions, ReplaceableMemory } from "../../store/memory";
import type { Message } from "../../store/message";
import { type ChatMessage, fromMessage, toMessage } from "./chat-message";

/** A memory that keeps a chat. If it can't `replaceEnd`, every save sends it the whole chat. */
export type ChatMemory = Pick<Memory, "load"> & ReplaceableMemory & Partial<EndReplaceableMemory>;

/** The chat as the turn has loaded or saved it. A save sends only the messages that differ from this copy. */
export interface ChatCopy {
  load(options?: MemoryOptions): Promise<ChatMessage[]>;
  /** Rejects with `TypeError` for a value that is not a list of messages. */
  save(messages: readonly ChatMessage[], options?: MemoryOptions): Promise<void>;
}

/** A message as the caller has it, as text, since the caller may change the object; and as it is kept, if that differs. */
interface Known {
  readonly shown: string;
  readonly kept: string | undefined;
}

/** `undefined` for a message that JSON can't write: the memory refuses it. */
function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** Whether `toMessage` turns the caller's message into the same text, to the last byte. */
function isAsSaved(message: Message, shown: ChatMessage): boolean {
  const names = Object.keys(message);
  return Array.isArray(message.content) && names.at(-1) === "content" && names.length === Object.keys(shown).length;
}

const keptOf = ({ shown, kept }: Known): Message =>
  kept === undefined ? toMessage(JSON.parse(shown) as ChatMessage, 0) : (JSON.parse(kept) as Message);

export function createChatCopy(memory: ChatMemory): ChatCopy {
  let known: readonly Known[] = [];

  /** Sends the messages after the unchanged ones, if the chat still ends as this turn knows it. Resolves with whether it does. */
  async function sendChanges(
    before: readonly Known[],
    messages: readonly ChatMessage[],
    same: number,
    options?: MemoryOptions,
  ): Promise<boolean> {
    // The last one that stays shows that nobody has added another.
    if (same === 0 || !memory.replaceEnd) return false;
    const expected = before.slice(same - 1).map(keptOf);
    const changed = messages.slice(same).map((message, i) => toMessage(message, same + i));
    try {
      return await memory.replaceEnd(expected, [expected[0]!, ...changed], options);
    } catch (error) {
      // The error of `replace` names the place of a bad message in the whole chat.
      if (error instanceof TypeError) return false;
      throw error;
    }
  }

  return {
    async load(options) {
      known = [];
      const messages = await memory.load(options);
      const chat = messages.map(fromMessage);
      known = chat.map((shown, i) => {
        const kept = isAsSaved(messages[i]!, shown) ? undefined : JSON.stringify(messages[i]);
        return { shown: JSON.stringify(shown), kept };
      });
      return chat;
    },

    async save(messages, options) {
      if (!Array.isArray(messages)) throw new TypeError("messages must be an array");
      const before = known;
      const length = Math.min(before.length, messages.length);
      let same = 0;
      while (same < length && textOf(messages[same]) === before[same]!.shown) same++;
      const texts = messages.slice(same).map(textOf);
      // Until it is known that it was done; and a save that comes meanwhile must not count on it.
      known = [];
      if (await sendChanges(before, messages, same, options)) {
        known = [...before.slice(0, same), ...texts.map((shown) => ({ shown: shown!, kept: undefined }))];
      } else {
        await memory.replace(messages.map(toMessage), options);
        const all = [...before.slice(0, same).map(({ shown }) => shown), ...texts];
        known = all.map((shown) => ({ shown: shown!, kept: undefined }));
      }
    },
  };
}
