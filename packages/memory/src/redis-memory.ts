import { type RedisConnection, type RunScript, script } from "@distlock/core";
import appendLua from "../lua/append.lua";
import clearLua from "../lua/clear.lua";
import loadLua from "../lua/load.lua";
import { finder } from "./finder";
import type { Document, Memory, MemoryOptions } from "./memory";
import { decodeMessage, encodeMessage, type Message } from "./message";
import { type RedisMemoryOptions, resolveRedisMemoryOptions } from "./redis-memory-options";
import { untilAborted } from "./until-aborted";

/** Replies may come as the bytes of a string, if the caller's other code wants them so. */
const text = (part: unknown): string => (part instanceof Uint8Array ? Buffer.from(part).toString() : String(part));

/**
 * A conversation in Redis, one list per session, shared by all that name the session. A save is one script: both
 * messages or none, in the order in which Redis gets the saves.
 * Every method rejects with the client's own error when Redis does not answer or refuses, and with an `Error` that names
 * the key when that holds something else; what it holds is then left as it is.
 */
export class RedisMemory implements Memory {
  readonly #key: string;
  readonly #limits: readonly string[];
  readonly #append: RunScript;
  readonly #load: RunScript;
  readonly #clear: RunScript;

  /**
   * `connection` is that of an adapter: `ioredisConnection(client)` or `nodeRedisConnection(client)`. The client stays the
   * caller's. Throws `TypeError` or `RangeError` for a bad connection or option.
   */
  constructor(connection: RedisConnection, options: RedisMemoryOptions) {
    if (typeof connection?.evalSha !== "function" || typeof connection.keyPrefix !== "string") {
      throw new TypeError(
        "RedisMemory needs a connection, such as ioredisConnection(client) or nodeRedisConnection(client)",
      );
    }
    const { key, ttl, maxMessages } = resolveRedisMemoryOptions(options);
    this.#key = key;
    this.#limits = [String(ttl), String(maxMessages)];
    this.#append = script(connection, appendLua);
    this.#load = script(connection, loadLua);
    this.#clear = script(connection, clearLua);
  }

  /** Rejects with `TypeError` for what is no message, before anything is sent. */
  async save(input: Message, output: Message, options?: MemoryOptions): Promise<void> {
    const messages = [encodeMessage("input", input), encodeMessage("output", output)];
    await this.#run(this.#append, [...this.#limits, ...messages], options);
  }

  /** All messages that are kept, oldest first; the query is ignored. */
  async load(_query?: string, options?: MemoryOptions): Promise<Message[]> {
    const messages = await this.#run(this.#load, [], options);
    try {
      return messages.map(decodeMessage);
    } catch (cause) {
      throw new Error(`key ${JSON.stringify(this.#key)} holds a list with something that is no message`, { cause });
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
    await this.#run(this.#clear, [], options);
  }

  /** What the script replied after its status. */
  async #run(run: RunScript, args: readonly string[], { signal }: MemoryOptions = {}): Promise<string[]> {
    signal?.throwIfAborted();
    const call = {
      get abandoned() {
        return signal?.aborted ?? false;
      },
    };
    const reply = await untilAborted(run([this.#key], args, call), signal);
    const [status, ...rest] = (Array.isArray(reply) ? reply : [reply]).map(text);
    if (status === "foreign") {
      throw new Error(`key ${JSON.stringify(this.#key)} holds a ${rest[0]}, not the list of a session's messages`);
    }
    return rest;
  }
}
