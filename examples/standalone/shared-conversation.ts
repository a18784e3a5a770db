import type { Memory, Message } from "@distlock/memory";
import type { TextStore } from "./clients";

/**
 * A conversation as one JSON text at one key, kept as many agents keep theirs: to append is to read all, add, and write
 * all back, and a turn is two appends. Two instances at the same time overwrite each other.
 */
export function jsonBlobMemory(store: TextStore, key: string): Memory {
  const load = async (): Promise<Message[]> => JSON.parse((await store.get(key)) ?? "[]");

  async function append(message: Message): Promise<void> {
    const messages = await load();
    await store.set(key, JSON.stringify([...messages, message]));
  }

  return {
    async save(input, output) {
      await append(input);
      await append(output);
    },
    load,
    clear: () => store.delete(key),
  };
}
