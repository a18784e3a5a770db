import type { Message } from "./message";
import type { Page } from "./page";

export interface MemoryOptions {
  /**
   * Ends the call with `signal.reason`. A write that was not sent by then is not done; a write that was already sent may still happen.
   * A memory may ignore it.
   */
  signal?: AbortSignal | undefined;
  /**
   * The fence of the lock that the caller holds. A memory that knows of fences refuses one that is lower than the highest it
   * has seen, with `StaleTurnError`, and remembers the fences of loads, too: from then on older holders can't write.
   */
  fence?: number | undefined;
}

export interface LoadOptions extends MemoryOptions, Page {
  /** Says what the messages are wanted for. A memory may ignore it and return them all. */
  query?: string | undefined;
}

export interface WriteOptions extends MemoryOptions {
  /**
   * Names this write: a second write of the same name and content is not done, and a write of other content rejects with
   * `RangeError`. A memory may ignore it.
   */
  idempotencyKey?: string | undefined;
}

/** The result of a write. */
export interface Written {
  /** `"before"`: nothing was done now, as the same write of this name was done before. */
  readonly done: "now" | "before";
}

/** A result of a search. */
export interface Document {
  content: string;
  metadata: Record<string, unknown>;
  /** How well it matches: higher is better, on a scale of the memory's own. */
  score: number;
}

/** One conversation, kept as messages `M`. Its writes return `W`. */
export interface Memory<M = Message, W = unknown> {
  /** Adds a message and its answer, in this order, at the end. */
  save(input: M, output: M, options?: WriteOptions): Promise<W>;
  /** The messages, oldest first: all, or a page of them if the options say so and the memory knows pages. */
  load(options?: LoadOptions): Promise<M[]>;
  /** Forgets the conversation. */
  clear(options?: WriteOptions): Promise<void>;
}

/** A memory that also takes messages that are not a pair, such as the messages of tools. */
export interface AppendableMemory<M = Message, W = unknown> {
  /** Adds messages at the end, in this order: all or none. */
  append(messages: readonly M[], options?: WriteOptions): Promise<W>;
}

/** A memory that also takes whole conversations, for callers that save all of it every time. */
export interface ReplaceableMemory<M = Message, W = unknown> {
  /** Replaces all messages with others, or with none: the whole change or nothing. */
  replace(messages: readonly M[], options?: WriteOptions): Promise<W>;
}

/** A memory that also takes a new end of a conversation, for callers that know the rest of it. */
export interface EndReplaceableMemory<M = Message> {
  /**
   * Replaces the expected messages with others, or with none, if the conversation ends with exactly the expected ones, all or none:
   * whether it did. If not, nothing is done.
   */
  replaceEnd(expected: readonly M[], messages: readonly M[], options?: WriteOptions): Promise<boolean>;
}

/** A memory that also searches, for documents `D`. */
export interface SearchableMemory<D = Document> {
  /** At most `k` documents that match. */
  search(query: string, k: number, options?: MemoryOptions): Promise<D[]>;
}

/** Any memory, with any type of message, and with any other members. */
export type OpenMemory = Memory<unknown> &
  Partial<
    AppendableMemory<unknown> & ReplaceableMemory<unknown> & EndReplaceableMemory<unknown> & SearchableMemory<unknown>
  >;
