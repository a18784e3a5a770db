import { checkWrite } from "./check-write";
import { finder } from "./finder";
import type { AppendableMemory, Document, Memory, MemoryOptions, ReplaceableMemory, WriteOptions } from "./memory";
import { decodeMessage, encodeMessage, encodeMessages, type Message } from "./message";
import { staleFence } from "./stale-fence";

/**
 * A conversation in this process: for tests, and for programs of one process. It ends with the process, grows without
 * bound, and no other process sees it. Messages are copied in and out. Fences and idempotency keys are those of `RedisMemory`.
 */
export class InProcessMemory implements Memory, AppendableMemory, ReplaceableMemory {
  #messages: string[] = [];
  #fence: number | undefined;
  readonly #done = new Set<string>();

  /** Rejects with `TypeError` for what is no message; nothing is saved then. */
  async save(input: Message, output: Message, options?: WriteOptions): Promise<void> {
    const pair = [encodeMessage("input", input), encodeMessage("output", output)];
    this.#write(() => this.#messages.push(...pair), options);
  }

  /** The same for any number of messages, 1 or more. */
  async append(messages: readonly Message[], options?: WriteOptions): Promise<void> {
    const texts = encodeMessages(messages, 1);
    this.#write(() => {
      this.#messages = this.#messages.concat(texts);
    }, options);
  }

  /** Puts messages, also none, in the place of all that are there. */
  async replace(messages: readonly Message[], options?: WriteOptions): Promise<void> {
    const texts = encodeMessages(messages, 0);
    this.#write(() => {
      this.#messages = texts;
    }, options);
  }

  /** All messages, oldest first; the query is ignored. */
  async load(_query?: string, options: MemoryOptions = {}): Promise<Message[]> {
    if (options.fence !== undefined) this.#stamp(options);
    else options.signal?.throwIfAborted();
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

  async clear(options: MemoryOptions = {}): Promise<void> {
    this.#stamp(options);
    this.#messages = [];
  }

  #write(write: () => void, options: WriteOptions = {}): void {
    checkWrite(options);
    options.signal?.throwIfAborted();
    const { idempotencyKey: name } = options;
    if (name !== undefined && this.#done.has(name)) return;
    this.#stamp(options);
    if (name !== undefined) this.#done.add(name);
    write();
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
