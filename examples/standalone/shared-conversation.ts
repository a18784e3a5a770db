import type { Locker } from "@distlock/core";
import { LockedMemory, type Memory, type Message } from "@distlock/memory";

/** Texts by key: the GET, SET and DEL of a client. */
export interface TextStore {
  get(key: string): Promise<string | null>;
  set(key: string, text: string): Promise<void>;
  delete(key: string): Promise<void>;
}

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

/** Makes a memory safe for many instances: each turn is saved under the lock of this key, in the order of asking. */
export const lockMemory = (memory: Memory, locker: Locker, key: string): Memory =>
  new LockedMemory(memory, locker, { key, timeout: 60_000 }); // ms; the slowest machine should finish
