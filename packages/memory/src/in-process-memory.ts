import { finder } from "./finder";
import type { Document, Memory, MemoryOptions } from "./memory";
import { decodeMessage, encodeMessage, type Message } from "./message";

/**
 * A conversation in this process: for tests, and for programs of one process. It ends with the process, grows without
 * bound, and no other process sees it. Messages are copied in and out.
 */
export class InProcessMemory implements Memory {
  #messages: string[] = [];

  /** Rejects with `TypeError` for what is no message; nothing is saved then. */
  async save(input: Message, output: Message, options?: MemoryOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    this.#messages.push(encodeMessage("input", input), encodeMessage("output", output));
  }

  /** All messages, oldest first; the query is ignored. */
  async load(_query?: string, options?: MemoryOptions): Promise<Message[]> {
    options?.signal?.throwIfAborted();
    return this.#messages.map(decodeMessage);
  }

  /**
   * The newest `k` messages that contain the query, whatever its case, newest first: no index, no meaning, every message
   * is looked at. The score is the share of the text that matches. Rejects with `TypeError` or `RangeError` unless `k`
   * is an integer, 1 or more.
   */
  async search(query: string, k: number, options?: MemoryOptions): Promise<Document[]> {
    const find = finder(query, k);
    return find(await this.load(query, options));
  }

  async clear(options?: MemoryOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    this.#messages = [];
  }
}
