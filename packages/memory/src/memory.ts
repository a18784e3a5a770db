import type { Message } from "./message";

export interface MemoryOptions {
  /**
   * Ends the call with `signal.reason`. What was not begun by then is not done; what was already sent may still happen.
   * A memory may ignore it.
   */
  signal?: AbortSignal | undefined;
  /**
   * That of the lock which the caller holds. A memory that knows of fences refuses one that is lower than the highest it
   * has seen, with `StaleTurnError`, and remembers it, also of a load: from then on older holders can't write.
   */
  fence?: number | undefined;
}

export interface WriteOptions extends MemoryOptions {
  /** Names this write: asked for again with the same name within a day, it is not done again. A memory may ignore it. */
  idempotencyKey?: string | undefined;
}

/** What a search found. */
export interface Document {
  content: string;
  metadata: Record<string, unknown>;
  /** How well it matches: higher is better, on a scale of the memory's own. */
  score: number;
}

/** One conversation, kept as messages `M` and searched for documents `D`. */
export interface Memory<M = Message, D = Document> {
  /** Adds what was said and what was answered, in this order, at the end. */
  save(input: M, output: M, options?: WriteOptions): Promise<void>;
  /** The messages, oldest first. `query` says what they are wanted for; a memory may ignore it and give them all. */
  load(query?: string, options?: MemoryOptions): Promise<M[]>;
  /** At most `k` documents that match. */
  search(query: string, k: number, options?: MemoryOptions): Promise<D[]>;
  /** Forgets the conversation. */
  clear(options?: WriteOptions): Promise<void>;
}

/** A memory that also takes messages that are no pair, such as those of tools. */
export interface AppendableMemory<M = Message> {
  /** Adds messages at the end, in this order: all or none. */
  append(messages: readonly M[], options?: WriteOptions): Promise<void>;
}

/** A memory that also takes whole conversations, for callers that save all of it every time. */
export interface ReplaceableMemory<M = Message> {
  /** Puts messages, also none, in the place of all that are there: all or none. */
  replace(messages: readonly M[], options?: WriteOptions): Promise<void>;
}

/** Any memory, whatever its messages, and what it may have beside. */
export type OpenMemory = Memory<unknown, unknown> & Partial<AppendableMemory<unknown> & ReplaceableMemory<unknown>>;
