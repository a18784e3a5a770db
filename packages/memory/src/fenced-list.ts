import { randomUUID } from "node:crypto";
import type { RedisConnection, RunScript } from "@distlock/core";
import { checkWrite } from "./check-write";
import { fencedListScripts } from "./fenced-list-scripts";
import type { MemoryOptions, WriteOptions } from "./memory";
import { staleFence } from "./stale-fence";
import { untilAborted } from "./until-aborted";

/** What bounds a list; 0 for no bound. */
export interface ListLimits {
  /** How long it is kept after the last write, in ms. */
  readonly ttl: number;
  /** How many texts are kept. */
  readonly maxItems: number;
  /** How many bytes the texts may have in all, as UTF-8. */
  readonly maxBytes: number;
}

export interface ListWrite extends WriteOptions {
  /**
   * What the write is, in short, such as a hash: a write of the same name that is another one is then refused with
   * `RangeError`, and nothing is done. Without it, such a write counts as done.
   */
  digest?: string | undefined;
}

/**
 * A list of JSON texts in Redis. Each call is one script, which checks the fence and stamps it: it rejects with
 * `StaleTurnError` for a fence below the highest that has read or written, and, but for `read`, for none where there was
 * one. A write is done once: by the name that its caller gives it (a day), else though its command is sent again (a minute).
 * All reject with the client's own error when Redis does not answer or refuses, with `signal.reason`, with
 * `TypeError` or `RangeError` for bad options, before anything is sent, and with an `Error` that names the key if that
 * holds something else.
 */
export interface FencedList {
  /** The key of the list itself. */
  readonly key: string;
  /** All, or the last `count` (1 or more), oldest first. */
  read(options?: MemoryOptions, count?: number): Promise<string[]>;
  /** Rejects with `RangeError` for more bytes than are kept, before anything is sent; so do those that follow. */
  append(texts: readonly string[], options?: ListWrite): Promise<void>;
  /** Puts texts, also none, in the place of all that are there. */
  replace(texts: readonly string[], options?: ListWrite): Promise<void>;
  /**
   * Puts texts, also none, in the place of the expected ones, if the list ends with exactly these, byte for byte: whether
   * it did. If not, nothing is done, nor remembered as done.
   */
  replaceEnd(expected: readonly string[], texts: readonly string[], options?: ListWrite): Promise<boolean>;
  /** Takes the last one away and gives it: `undefined` if there is none, which is not remembered. */
  pop(options?: WriteOptions): Promise<string | undefined>;
  /** Deletes the list, not its fence. It has no name: asked for again, it is done again. */
  clear(options?: MemoryOptions): Promise<void>;
}

const DAY = 86_400_000;
/** How long a fence is remembered: after the list, if that has a ttl. */
const REMEMBERED = 7 * DAY;
/** How long clients may take to send again a write that no caller named. */
const RESENT = 60_000;

/** Replies may come as the bytes of a string, if the caller's other code wants them so. */
const text = (part: unknown): string => (part instanceof Uint8Array ? Buffer.from(part).toString() : String(part));

/** Where a list is: at `<key>:<name>`. */
export interface ListPlace {
  /** That of the session's lock. */
  readonly key: string;
  /** What the texts are. */
  readonly name: string;
  /** What the keys of its fence and marks begin with: another for each list, as one name may be given to a write of each. */
  readonly own: string;
}

export function createFencedList(
  connection: RedisConnection,
  { key, name, own }: ListPlace,
  { ttl, maxItems, maxBytes }: ListLimits,
): FencedList {
  const scripts = fencedListScripts(connection);
  const list = `${key}:${name}`;
  const remembered = String(ttl + REMEMBERED);
  const limits = [String(ttl), String(maxItems), String(maxBytes)];

  async function run(
    how: RunScript,
    more: readonly string[],
    args: readonly string[],
    options: WriteOptions,
  ): Promise<[status: string, ...string[]]> {
    checkWrite(options);
    const { signal, fence, idempotencyKey } = options;
    signal?.throwIfAborted();
    const call = {
      get abandoned() {
        return signal?.aborted ?? false;
      },
    };
    const sent = how([list, `${own}:seen`, ...more], [`${fence ?? ""}`, remembered, ...args], call);
    const reply = await untilAborted(sent, signal);
    const [status = "", ...rest] = (Array.isArray(reply) ? reply : [reply]).map(text);
    switch (status) {
      case "stale":
      case "unfenced":
        throw staleFence(key, fence, rest[0]!);
      case "foreign":
        throw new Error(`key ${JSON.stringify(list)} holds a ${rest[0]}, not the list of a session's ${name}`);
      case "differs":
        throw new RangeError(`idempotencyKey ${JSON.stringify(idempotencyKey)} is the name of another write`);
    }
    return [status, ...rest];
  }

  function write(how: RunScript, args: readonly string[], options: ListWrite): Promise<[string, ...string[]]> {
    const { idempotencyKey: mark, digest = "1" } = options;
    const [at, life] = mark === undefined ? [`once:${randomUUID()}`, RESENT] : [`done:${mark}`, DAY];
    return run(how, [`${own}:${at}`], [String(life), digest, ...limits, ...args], options);
  }

  function assertFits(texts: readonly string[]): void {
    if (maxBytes === 0) return;
    const bytes = texts.reduce((sum, each) => sum + Buffer.byteLength(each), 0);
    if (bytes > maxBytes) throw new RangeError(`a write must have at most maxBytes, ${maxBytes} bytes, got ${bytes}`);
  }

  return {
    key: list,
    async read(options = {}, count = 0) {
      return (await run(scripts.read, [], [String(count)], options)).slice(1);
    },
    async append(texts, options = {}) {
      assertFits(texts);
      await write(scripts.append, texts, options);
    },
    async replace(texts, options = {}) {
      assertFits(texts);
      await write(scripts.replace, texts, options);
    },
    async replaceEnd(expected, texts, options = {}) {
      assertFits(texts);
      const args = [String(expected.length), ...expected, ...texts];
      return (await write(scripts.replaceEnd, args, options))[0] === "done";
    },
    async pop(options = {}) {
      return (await write(scripts.pop, [], options))[1];
    },
    async clear({ signal, fence } = {}) {
      await write(scripts.clear, [], { signal, fence });
    },
  };
}
