import { randomUUID } from "node:crypto";
import { type RedisConnection, type RunScript, script } from "@distlock/core";
import appendLua from "../lua/append.lua";
import clearLua from "../lua/clear.lua";
import fenceLua from "../lua/fence.lua";
import loadLua from "../lua/load.lua";
import { checkWrite } from "./check-write";
import { finder } from "./finder";
import type { AppendableMemory, Document, Memory, MemoryOptions, WriteOptions } from "./memory";
import { decodeMessage, encodeMessage, encodeMessages, type Message } from "./message";
import { type RedisMemoryOptions, resolveRedisMemoryOptions } from "./redis-memory-options";
import { staleFence } from "./stale-fence";
import { untilAborted } from "./until-aborted";

/** Replies may come as the bytes of a string, if the caller's other code wants them so. */
const text = (part: unknown): string => (part instanceof Uint8Array ? Buffer.from(part).toString() : String(part));

const DAY = 86_400_000;
/** How long a fence is remembered at least, and a write that its caller named. */
const REMEMBERED = 7 * DAY;
/** How long clients may take to send again a write that no caller named. */
const RESENT = 60_000;

/**
 * A conversation in Redis, one list per session, shared by all that name the session. A write is one script: all its
 * messages or none, once, in the order in which Redis gets the writes. Rejects with `StaleTurnError` for a fence below the
 * highest that has read or written, and for a write without fence where there was one with a fence.
 * Every method rejects with the client's own error when Redis does not answer or refuses, and with an `Error` that names
 * the key when that holds something else; what it holds is then left as it is.
 */
export class RedisMemory implements Memory, AppendableMemory {
  readonly #key: string;
  readonly #limits: readonly string[];
  readonly #remembered: string;
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
    this.#remembered = String(Math.max(ttl, REMEMBERED));
    this.#append = script(connection, fenceLua + appendLua);
    this.#load = script(connection, fenceLua + loadLua);
    this.#clear = script(connection, fenceLua + clearLua);
  }

  /** Rejects with `TypeError` for what is no message, before anything is sent. */
  async save(input: Message, output: Message, options?: WriteOptions): Promise<void> {
    await this.#write([encodeMessage("input", input), encodeMessage("output", output)], options);
  }

  /** The same for any number of messages, 1 or more. */
  async append(messages: readonly Message[], options?: WriteOptions): Promise<void> {
    await this.#write(encodeMessages(messages), options);
  }

  /** All messages that are kept, oldest first; the query is ignored. */
  async load(_query?: string, options?: MemoryOptions): Promise<Message[]> {
    const messages = await this.#run(this.#load, [], [], options);
    try {
      return messages.map(decodeMessage);
    } catch (cause) {
      throw new Error(`key ${JSON.stringify(`${this.#key}:messages`)} holds a list with something that is no message`, {
        cause,
      });
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
    await this.#run(this.#clear, [], [], options);
  }

  async #write(messages: readonly string[], options: WriteOptions = {}): Promise<void> {
    checkWrite(options);
    const { idempotencyKey: name } = options;
    const mark = name === undefined ? `once:${randomUUID()}` : `done:${name}`;
    const life = String(name === undefined ? RESENT : DAY);
    await this.#run(this.#append, [`${this.#key}:${mark}`], [life, ...this.#limits, ...messages], options);
  }

  /** What the script replied after its status. */
  async #run(
    run: RunScript,
    more: readonly string[],
    args: readonly string[],
    options: MemoryOptions = {},
  ): Promise<string[]> {
    checkWrite(options);
    const { signal, fence } = options;
    signal?.throwIfAborted();
    const call = {
      get abandoned() {
        return signal?.aborted ?? false;
      },
    };
    const list = `${this.#key}:messages`;
    const keys = [list, `${this.#key}:seen`, ...more];
    const reply = await untilAborted(run(keys, [`${fence ?? ""}`, this.#remembered, ...args], call), signal);
    const [status, ...rest] = (Array.isArray(reply) ? reply : [reply]).map(text);
    switch (status) {
      case "stale":
      case "unfenced":
        throw staleFence(this.#key, fence, rest[0]!);
      case "foreign":
        throw new Error(`key ${JSON.stringify(list)} holds a ${rest[0]}, not the list of a session's messages`);
    }
    return rest;
  }
}
