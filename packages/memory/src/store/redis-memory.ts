import type { RedisConnection } from "@distlock/core/driver";
import { assertConnection } from "./assert-connection";
import { createFencedList, type FencedList } from "./fenced-list";
import { finder } from "./finder";
import { decodeObjects } from "./json-text";
import type {
  AppendableMemory,
  Document,
  EndReplaceableMemory,
  LoadOptions,
  Memory,
  MemoryOptions,
  ReplaceableMemory,
  SearchableMemory,
  WriteOptions,
  Written,
} from "./memory";
import { encodeMessage, encodeMessages, type Message } from "./message";
import { type RedisMemoryOptions, resolveRedisMemoryOptions } from "./redis-memory-options";

/**
 * A conversation in Redis, one list per session, shared by all that name the session. Its messages `M` are any objects that
 * JSON can hold, such as a message of `openai`, `@anthropic-ai/sdk` or `ai`; they are kept as they are. A write is one script: all
 * its messages or none, once, in the order in which Redis gets the writes. Rejects with `StaleTurnError` for a fence below
 * the highest that has read or written, and for a write without fence where there was one with a fence; with
 * `UnknownOutcomeError` for a write whose answer does not say whether it was done.
 * Every method rejects with the client's own error when Redis refuses, reads even when it does not answer, and with an
 * `Error` that names the key when it holds another value; that value is left as it is.
 */
export class RedisMemory<M extends object = Message>
  implements
    Memory<M, Written>,
    AppendableMemory<M, Written>,
    ReplaceableMemory<M, Written>,
    EndReplaceableMemory<M>,
    SearchableMemory
{
  readonly #messages: FencedList;

  /**
   * `connection` is the connection of an adapter: `ioredisConnection(client)` or `nodeRedisConnection(client)`. The client stays the
   * caller's. Throws `TypeError` or `RangeError` for a bad connection or option.
   */
  constructor(connection: RedisConnection, options: RedisMemoryOptions) {
    assertConnection("RedisMemory", connection);
    const { key, limits } = resolveRedisMemoryOptions(options);
    this.#messages = createFencedList(connection, { key, name: "messages" }, limits);
  }

  /**
   * Rejects, before anything is sent, with `TypeError` for a message that is not an object that JSON can hold, and with `RangeError`
   * for more than `maxBytes`, or for more than 50,000 messages; also with `RangeError` if its name belongs to another write.
   */
  async save(input: M, output: M, options?: WriteOptions): Promise<Written> {
    return this.#messages.append([encodeMessage("input", input), encodeMessage("output", output)], options);
  }

  /** Adds any number of messages, 1 or more. Rejects as `save` does. */
  async append(messages: readonly M[], options?: WriteOptions): Promise<Written> {
    return this.#messages.append(encodeMessages(messages, 1), options);
  }

  /** Replaces all messages with others, or with none. Rejects as `save` does. */
  async replace(messages: readonly M[], options?: WriteOptions): Promise<Written> {
    return this.#messages.replace(encodeMessages(messages, 0), options);
  }

  /**
   * Replaces the expected messages with others, or with none, if the conversation ends with exactly the expected ones, as they were
   * loaded: whether it did. If not, nothing is done. Rejects as `save` does.
   */
  async replaceEnd(expected: readonly M[], messages: readonly M[], options?: WriteOptions): Promise<boolean> {
    return this.#messages.replaceEnd(encodeMessages(expected, 0), encodeMessages(messages, 0), options);
  }

  /**
   * The messages that are kept, oldest first: all, or the `last` ones `before` the newest; the query is ignored. Entries that
   * are not objects, which only other programs can have written, are left out. Without a fence, this sends `LRANGE` and nothing
   * else: a user of Redis who may only read can do it, and a client that reads from replicas asks one of them.
   */
  async load(options?: LoadOptions): Promise<M[]> {
    return decodeObjects(await this.#messages.read(options, options)) as M[];
  }

  /**
   * The newest `k` messages whose `content`, or `parts`, contain the query, ignoring case, newest first: in a text, or in
   * the `text` of an element. There is no index, and meanings are not known: all messages are loaded and searched here. The score is the share of the
   * text that matches. Rejects with `TypeError` or `RangeError` unless `k` is an integer, 1 or more.
   */
  async search(query: string, k: number, options: MemoryOptions = {}): Promise<Document[]> {
    const find = finder(query, k);
    const { fence, signal } = options;
    return find(await this.load({ fence, signal }));
  }

  async clear(options?: MemoryOptions): Promise<void> {
    await this.#messages.clear(options);
  }
}
