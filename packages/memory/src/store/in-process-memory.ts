import { checkWrite } from "./check-write";
import { finder } from "./finder";
import type {
  AppendableMemory,
  Document,
  LoadOptions,
  Memory,
  MemoryOptions,
  ReplaceableMemory,
  SearchableMemory,
  WriteOptions,
  Written,
} from "./memory";
import { decodeMessage, encodeMessage, encodeMessages, type Message } from "./message";
import { pageOf } from "./page";
import { staleFence } from "./stale-fence";
import { nameOfWrite, otherWrite, writeDigest } from "./write-digest";

/** How many of the last names are known at least; at most twice as many. */
const NAMES = 1_000;

/**
 * A conversation in this process: for tests, and for programs of one process. It ends with the process, its messages have no
 * bound, and no other process sees it. Messages are copied in and out. Messages, fences and idempotency keys work as in
 * `RedisMemory`.
 */
export class InProcessMemory<M extends object = Message>
  implements Memory<M, Written>, AppendableMemory<M, Written>, ReplaceableMemory<M, Written>, SearchableMemory
{
  #messages: string[] = [];
  #fence: number | undefined;
  /** Names of writes, each with a digest of the write, in two halves. */
  #named = [new Map<string, string>(), new Map<string, string>()] as const;

  /** Rejects with `TypeError` for a message that is not an object that JSON can hold; nothing is saved then. */
  async save(input: M, output: M, options?: WriteOptions): Promise<Written> {
    return this.#append([encodeMessage("input", input), encodeMessage("output", output)], options);
  }

  /** Adds any number of messages, 1 or more. Rejects as `save` does. */
  async append(messages: readonly M[], options?: WriteOptions): Promise<Written> {
    return this.#append(encodeMessages(messages, 1), options);
  }

  /** Replaces all messages with others, or with none. */
  async replace(messages: readonly M[], options?: WriteOptions): Promise<Written> {
    return this.#write("replace", encodeMessages(messages, 0), options, (texts) => texts);
  }

  /** The messages, oldest first: all, or the `last` ones `before` the newest; the query is ignored. */
  async load(options: LoadOptions = {}): Promise<M[]> {
    const page = pageOf(this.#messages, options);
    if (options.fence !== undefined) this.#stamp(options);
    else options.signal?.throwIfAborted();
    return page.map((text) => decodeMessage<M>(text));
  }

  /**
   * The newest `k` messages whose `content`, or `parts`, contain the query, ignoring case, newest first: in a text, or in
   * the `text` of an element. There is no index, and meanings are not known: every message is searched. The score is the share of the text that
   * matches. Rejects with `TypeError` or `RangeError` unless `k` is an integer, 1 or more.
   */
  async search(query: string, k: number, options: MemoryOptions = {}): Promise<Document[]> {
    const find = finder(query, k);
    const { fence, signal } = options;
    return find(await this.load({ fence, signal }));
  }

  async clear({ fence, signal }: MemoryOptions = {}): Promise<void> {
    this.#stamp({ fence, signal });
    this.#messages = [];
    for (const names of this.#named) names.clear();
  }

  #append(texts: string[], options?: WriteOptions): Written {
    return this.#write("append", texts, options, () => this.#messages.concat(texts));
  }

  #write(kind: string, texts: string[], options: WriteOptions = {}, change: (texts: string[]) => string[]): Written {
    checkWrite(options);
    options.signal?.throwIfAborted();
    const { idempotencyKey } = options;
    if (idempotencyKey === undefined) {
      this.#stamp(options);
    } else {
      const [name, digest] = [nameOfWrite(idempotencyKey), writeDigest(kind, texts)];
      const before = this.#named.map((names) => names.get(name)).find((known) => known !== undefined);
      if (before !== undefined && before !== digest) throw otherWrite(idempotencyKey);
      if (before !== undefined) return { done: "before" };
      this.#stamp(options);
      this.#remember(name, digest);
    }
    this.#messages = change(texts);
    return { done: "now" };
  }

  #remember(name: string, digest: string): void {
    if (this.#named[0].size >= NAMES) this.#named = [new Map(), this.#named[0]];
    this.#named[0].set(name, digest);
  }

  #stamp(options: MemoryOptions): void {
    checkWrite(options);
    options.signal?.throwIfAborted();
    const { fence } = options;
    const last = this.#fence;
    if (last !== undefined && (fence === undefined || fence < last)) throw staleFence("in this process", fence, last);
    this.#fence = fence;
  }
}
