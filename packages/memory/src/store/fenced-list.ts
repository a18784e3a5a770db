import { createHash } from "node:crypto";
import type { ListConnection } from "./assert-connection";
import { fencedListScripts } from "./fenced-list-scripts";
import { createListCalls } from "./list-calls";
import type { ListLimits, ListPlace } from "./list-options";
import type { MemoryOptions, WriteOptions, Written } from "./memory";
import type { Page } from "./page";
import { writeDigest } from "./write-digest";

/**
 * A list of JSON texts in Redis, and a hash with a record of its writes. Each write is one script, which checks the fence
 * and stamps it; a read with a fence does so too. They reject with `StaleTurnError` for a fence below the highest that has
 * read or written, writes also for none where there was one. A write is done once though its command is sent again, and once
 * by the name in its options; another write of that name rejects with `RangeError`. Where the answer does not say
 * whether a write was done, it rejects with `UnknownOutcomeError`.
 * All reject with the client's own error when Redis refuses, with `signal.reason`, with `TypeError` or `RangeError` for bad
 * options, before anything is sent, and with an `Error` that names the key if it holds another value.
 */
export interface FencedList {
  /** The key of the list itself. */
  readonly key: string;
  /** All, or a page of them, oldest first. Without a fence this sends `LRANGE` and nothing else. */
  read(options?: MemoryOptions, page?: Page): Promise<string[]>;
  /**
   * Rejects with `RangeError` for more bytes than are kept, or more texts than one write may have, before anything is sent; so
   * do later writes.
   */
  append(texts: readonly string[], options?: WriteOptions): Promise<Written>;
  /** Replaces all texts with others, or with none. */
  replace(texts: readonly string[], options?: WriteOptions): Promise<Written>;
  /**
   * Replaces the expected texts with others, or with none, if the list ends with exactly the expected ones, byte for byte: whether
   * it did. If not, nothing is done, nor remembered as done.
   */
  replaceEnd(expected: readonly string[], texts: readonly string[], options?: WriteOptions): Promise<boolean>;
  /** Takes the last one away and returns it: `undefined` if there is none, which is not remembered. It has no name. */
  pop(options?: MemoryOptions): Promise<string | undefined>;
  /** Deletes the list, and the names of its writes, not its fence. It has no name. */
  clear(options?: MemoryOptions): Promise<void>;
}

/** Some clients pass the arguments by a call, and more would not fit on the stack. */
const MOST = 50_000;

const unnamed = ({ fence, signal }: MemoryOptions): MemoryOptions => ({ fence, signal });

const writtenBy = ([status]: readonly string[]): Written => ({ done: status === "before" ? "before" : "now" });

export function createFencedList(connection: ListConnection, place: ListPlace, limits: ListLimits): FencedList {
  const scripts = fencedListScripts(connection);
  const { key, read, write } = createListCalls(connection, place, limits);
  const { maxBytes } = limits;

  function assertFits(texts: readonly string[]): void {
    const { length } = texts;
    if (length > MOST) throw new RangeError(`a write must have at most ${MOST} ${place.name}, got ${length}`);
    if (maxBytes === 0) return;
    const bytes = texts.reduce((sum, each) => sum + Buffer.byteLength(each), 0);
    if (bytes > maxBytes) throw new RangeError(`a write must have at most maxBytes, ${maxBytes} bytes, got ${bytes}`);
  }

  return {
    key,
    read,
    async append(texts, options) {
      assertFits(texts);
      return writtenBy(await write(scripts.append, texts, options, () => writeDigest("append", texts)));
    },
    async replace(texts, options) {
      assertFits(texts);
      return writtenBy(await write(scripts.replace, texts, options, () => writeDigest("replace", texts)));
    },
    async replaceEnd(expected, texts, options) {
      assertFits(texts);
      const end = createHash("sha1").update(expected.join("\n")).digest("hex");
      const args = [String(expected.length), end, ...texts];
      const digest = () => writeDigest("replaceEnd", expected, texts);
      return (await write(scripts.replaceEnd, args, options, digest))[0] !== "otherwise";
    },
    async pop(options = {}) {
      return (await write(scripts.pop, [], unnamed(options), () => ""))[1];
    },
    async clear(options = {}) {
      await write(scripts.clear, [], unnamed(options), () => "");
    },
  };
}
