import type { Locker, LockOptions } from "@distlock/core";
import type { RedisConnection } from "@distlock/core/driver";
import { assertConnection } from "../../store/assert-connection";
import { createFencedList, type FencedList } from "../../store/fenced-list";
import { canonical, decodeObject, decodeObjects, tryDecode } from "../../store/json-text";
import type { MemoryOptions } from "../../store/memory";
import { assertLocker } from "../../support/assert-locker";
import { assertHistoryOf, heldLock } from "../../turn/held-locks";
import { callWith, type SharedLock } from "../../turn/shared-lock";
import { takeTurn } from "../../turn/take-turn";
import { type HistoryMutation, mutateTexts } from "./history-mutation";
import { encodeTransaction, type HistoryTransaction } from "./history-transaction";
import { type RedisSessionOptions, resolveRedisSessionOptions } from "./redis-session-options";
import { encodeItem, encodeItems } from "./session-item";

const mark = Symbol.for("distlock.redisSession");

/** True even for a `RedisSession` of another copy of this package. */
export const isRedisSession = (session: object | undefined): session is RedisSession =>
  session !== undefined && mark in session;

/**
 * A session of `@openai/agents` in Redis, one list of items, shared by all that name it: a `Session` that also applies
 * transactions and mutations of its history, and compactions, each as one script: all of it or nothing, and once, though
 * its command is sent again. `Item` is the SDK's `AgentInputItem`. Items are loaded as JSON keeps them.
 *
 * Within a run of `lockRun` with the same locker, its calls carry the fence of the run's lock: they reject with
 * `StaleTurnError`, and change nothing, if that lock was lost, or a newer run has read or written. Any other write takes
 * the lock for itself, up to `timeout`, and rejects as `locker.acquire` does; any other read takes none. Within runs and
 * turns that are all of other sessions, or that have its lock from another locker, all reject with `TypeError`.
 * All reject with the client's own error when Redis does not answer or refuses, with an `Error` that names the key when
 * it holds another value, and with `TypeError` for bad arguments, before anything is sent.
 */
// biome-ignore lint/suspicious/noExplicitAny: a type that the SDK's item fits can't be named without its types
export class RedisSession<Item = any> {
  /** Pass the same locker to `lockRun`. */
  readonly locker: Locker;
  readonly #session: string;
  readonly #key: string;
  readonly #lockOptions: LockOptions;
  readonly #list: FencedList;

  /**
   * `connection` is the connection of an adapter: `ioredisConnection(client)` or `nodeRedisConnection(client)`. The client stays the
   * caller's. Throws `TypeError` or `RangeError` for a bad connection, locker or option.
   */
  constructor(connection: RedisConnection, locker: Locker, options: RedisSessionOptions) {
    assertConnection("RedisSession", connection);
    assertLocker("RedisSession", locker);
    const { session, key, lockOptions, limits } = resolveRedisSessionOptions(options);
    this.locker = locker;
    Object.defineProperty(this, mark, { value: true });
    this.#session = session;
    this.#key = key;
    this.#lockOptions = lockOptions;
    this.#list = createFencedList(connection, { key, name: "items" }, limits);
  }

  async getSessionId(): Promise<string> {
    return this.#session;
  }

  /** All items, or the last `limit`, oldest first: none if that is 0 or less. Rejects with `RangeError` for no integer. */
  async getItems(limit?: number): Promise<Item[]> {
    if (limit !== undefined && !Number.isSafeInteger(limit))
      throw new RangeError(`limit must be an integer, got ${limit}`);
    if (limit !== undefined && limit <= 0) return [];
    const held = this.#held();
    const read = (options?: MemoryOptions) => this.#list.read(options, { last: limit });
    return decodeObjects(await (held ? callWith(held, undefined, read) : read())) as Item[];
  }

  /** Adds items at the end, in this order: all or none. */
  async addItems(items: Item[]): Promise<void> {
    const texts = encodeItems("items", items);
    if (texts.length > 0) await this.#locked((options) => this.#list.append(texts, options));
  }

  /** Takes the last item away and returns it: `undefined` if there is none. */
  async popItem(): Promise<Item | undefined> {
    return this.#locked(async (options) => {
      for (;;) {
        const text = await this.#list.pop(options);
        const item = text === undefined ? undefined : tryDecode(text);
        // Texts that are not items, which only others can have added, go with it.
        if (text === undefined || item) return item as Item | undefined;
      }
    });
  }

  /** Deletes the items. Later writes of late runs are refused as before. */
  async clearSession(): Promise<void> {
    await this.#locked((options) => this.#list.clear(options));
  }

  /** Replaces all items in one step. */
  async replaceHistoryWithCompaction(items: Item[]): Promise<void> {
    const texts = encodeItems("items", items);
    await this.#locked((options) => this.#list.replace(texts, options));
  }

  /**
   * Applies a transaction once: the same one with the same `operationId` changes nothing, while that is among the last 1,000
   * of the session. Rejects with `RangeError` if another transaction had this `operationId`, and with `Error` if the
   * history does not end with the expected items; nothing is changed then. The order of their fields does not count.
   */
  async applyHistoryTransaction(args: { operationId: string; transaction: HistoryTransaction<Item> }): Promise<void> {
    const { operationId } = args;
    if (typeof operationId !== "string" || operationId.trim() === "") {
      throw new TypeError("operationId must be a string, and not empty");
    }
    const { expected, texts } = encodeTransaction(args.transaction);
    const wanted = expected.map(canonical);
    const applied = await this.#locked(async (options) => {
      const named = { ...options, idempotencyKey: operationId };
      const there = expected.length === 0 ? [] : await this.#list.read(options, { last: expected.length });
      const isWanted = (text: string, i: number) => tryDecode(text) !== undefined && canonical(text) === wanted[i];
      const same = there.length === wanted.length && there.every(isWanted);
      // The expected items are sent even where they are missing: the transaction may have been applied before.
      return this.#list.replaceEnd(same ? there : expected, texts, named);
    });
    if (!applied) throw new Error(`session ${JSON.stringify(this.#session)} does not end with the expected items`);
  }

  /** Changes the items of calls in the history, all in one step. */
  async applyHistoryMutations(args: { mutations: HistoryMutation<Item>[] }): Promise<void> {
    const mutations = args.mutations.map((mutation, i) => ({
      ...mutation,
      replacement: decodeObject(encodeItem(`mutations[${i}].replacement`, mutation.replacement)),
    }));
    if (mutations.length === 0) return;
    await this.#locked(async (options) => {
      for (;;) {
        const before = await this.#list.read(options);
        const after = mutateTexts(before, mutations);
        const from = before.findIndex((text, i) => text !== after[i]);
        if (from === -1) return;
        // If not, another call of the same run came in between.
        if (await this.#list.replaceEnd(before.slice(from), after.slice(from), options)) return;
      }
    });
  }

  #held(): SharedLock | undefined {
    assertHistoryOf("this RedisSession", this.locker, this.#key);
    return heldLock(this.locker, this.#key);
  }

  async #locked<T>(write: (options: MemoryOptions) => Promise<T>): Promise<T> {
    const shared = this.#held() ?? (await takeTurn(this.locker, this.#key, this.#lockOptions));
    return callWith(shared, undefined, write);
  }
}
