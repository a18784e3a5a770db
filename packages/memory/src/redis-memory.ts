import type { RedisConnection } from "@distlock/core";
import { assertConnection } from "./assert-connection";
import type { EndReplaceableMemory } from "./end-memory";
import { createFencedList, type FencedList } from "./fenced-list";
import { finder } from "./finder";
import type { AppendableMemory, Document, Memory, MemoryOptions, ReplaceableMemory, WriteOptions } from "./memory";
import { decodeMessage, encodeMessage, encodeMessages, type Message } from "./message";
import { type RedisMemoryOptions, resolveRedisMemoryOptions } from "./redis-memory-options";

/**
 * A conversation in Redis, one list per session, shared by all that name the session. A write is one script: all its
 * messages or none, once, in the order in which Redis gets the writes. Rejects with `StaleTurnError` for a fence below the
 * highest that has read or written, and for a write without fence where there was one with a fence.
 * Every method rejects with the client's own error when Redis does not answer or refuses, and with an `Error` that names
 * the key when that holds something else; what it holds is then left as it is.
 */
export class RedisMemory implements Memory, AppendableMemory, ReplaceableMemory, EndReplaceableMemory {
  readonly #messages: FencedList;

  /**
   * `connection` is that of an adapter: `ioredisConnection(client)` or `nodeRedisConnection(client)`. The client stays the
   * caller's. Throws `TypeError` or `RangeError` for a bad connection or option.
   */
  constructor(connection: RedisConnection, options: RedisMemoryOptions) {
    assertConnection("RedisMemory", connection);
    const { key, limits } = resolveRedisMemoryOptions(options);
    this.#messages = createFencedList(connection, { key, name: "messages", own: key }, limits);
  }

  /**
   * Rejects, before anything is sent, with `TypeError` for what is no message, and with `RangeError` for more than
   * `maxBytes`.
   */
  async save(input: Message, output: Message, options?: WriteOptions): Promise<void> {
    await this.#messages.append([encodeMessage("input", input), encodeMessage("output", output)], options);
  }

  /** The same for any number of messages, 1 or more. */
  async append(messages: readonly Message[], options?: WriteOptions): Promise<void> {
    await this.#messages.append(encodeMessages(messages, 1), options);
  }

  /** Puts messages, also none, in the place of all that are there; what is no message, or too much, is refused as in `save`. */
  async replace(messages: readonly Message[], options?: WriteOptions): Promise<void> {
    await this.#messages.replace(encodeMessages(messages, 0), options);
  }

  /**
   * Puts messages, also none, in the place of the expected ones, if the conversation ends with exactly these, as they were
   * loaded: whether it did. If not, nothing is done. Rejects as `save` does.
   */
  async replaceEnd(
    expected: readonly Message[],
    messages: readonly Message[],
    options?: WriteOptions,
  ): Promise<boolean> {
    return this.#messages.replaceEnd(encodeMessages(expected, 0), encodeMessages(messages, 0), options);
  }

  /** All messages that are kept, oldest first; the query is ignored. */
  async load(_query?: string, options?: MemoryOptions): Promise<Message[]> {
    const texts = await this.#messages.read(options);
    try {
      return texts.map(decodeMessage);
    } catch (cause) {
      const { key } = this.#messages;
      throw new Error(`key ${JSON.stringify(key)} holds a list with something that is no message`, { cause });
    }
  }

  /**
   * The newest `k` messages that contain the query, whatever its case, newest first: no index, no meaning, all messages
   * are loaded and looked at here. The score is the share of the text that matches. Rejects with `TypeError` or
   * `RangeError` unless `k` is an integer, 1 or more.
   */
  async search(query: string, k: number, options?: MemoryOptions): Promise<Document[]> {
    const find = finder(query, k);
    return find(await this.load(query, options));
  }

  async clear(options?: MemoryOptions): Promise<void> {
    await this.#messages.clear(options);
  }
}
