import type { Message } from "./message";

export interface MemoryOptions {
  /**
   * Ends the call with `signal.reason`. What was not begun by then is not done; what was already sent may still happen.
   * A memory may ignore it.
   */
  signal?: AbortSignal | undefined;
  /**
   * The fence of the lock under which the call is made. A memory that checks it refuses what comes with a lower fence than
   * it has seen; a memory may ignore it.
   */
  fence?: number | undefined;
}

export interface WriteOptions extends MemoryOptions {
  /** Names the write: a memory that knows it does the write once, however often it is asked. A memory may ignore it. */
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

/** A memory that also takes what is no pair of input and output, such as the calls of tools. */
export interface AppendableMemory<M> {
  /** Adds the messages, in this order, at the end: all or none. */
  append(messages: readonly M[], options?: WriteOptions): Promise<void>;
}
