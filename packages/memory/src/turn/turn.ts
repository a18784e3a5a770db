import type {
  AppendableMemory,
  EndReplaceableMemory,
  Memory,
  OpenMemory,
  ReplaceableMemory,
  SearchableMemory,
} from "../store/memory";
import type { Message } from "../store/message";

/**
 * One turn of a conversation: load, ask a model, save, under one lock whose lease is kept alive.
 * Its methods of a memory pass the lock's fence to the memory, and a signal that aborts when the lock is lost, joined with
 * the caller's own. They reject with `StaleTurnError`, and do not call the memory, once the turn has ended or its lock was
 * lost; otherwise their outcome is the memory's.
 */
export interface Turn<M = Message, W = unknown> extends Memory<M, W> {
  /** The fence of the turn's lock. It rises with every turn of the session. */
  readonly fence: number;
  /** Aborts, with a `LockLostError` as reason, when the lock is lost, including by `maxIdle` or `maxTurn`; not when the turn ends. */
  readonly signal: AbortSignal;
  /**
   * Does the work within the turn, as `withTurn` does, and returns its result, or rejects with its error: until then the
   * turn is not idle. Rejects with `StaleTurnError`, and does nothing, when the turn has ended or lost its lock.
   */
  run<R>(work: () => R | PromiseLike<R>): Promise<R>;
  /**
   * Returns the same stream, and ends the turn when the stream ends, fails or is cancelled, just before its reader learns of
   * that. A turn of `withTurn` also waits for the end of its work. A stream of which nobody wants the next chunk leaves the turn
   * idle: see `maxIdle`. A byte stream becomes a plain stream of its chunks. Throws `TypeError` for a value that is not a stream,
   * and `StaleTurnError` when the turn has ended; a promise rejects with that.
   */
  hold<T>(stream: ReadableStream<T>): ReadableStream<T>;
  hold<T>(stream: AsyncIterable<T>): AsyncIterableIterator<T>;
  hold<T>(stream: PromiseLike<ReadableStream<T>>): Promise<ReadableStream<T>>;
  hold<T>(stream: PromiseLike<AsyncIterable<T>>): Promise<AsyncIterableIterator<T>>;
  /**
   * Ends the turn. The lock is released then, or when the last call of the memory that is under way has settled and the
   * last turn within or around this one has ended. Never rejects: a release that fails is a warning, since a message that was saved
   * is saved. A second call does nothing.
   */
  end(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The turn of a memory `T`: it can append, replace, replace the end and search, if the memory can. */
export type TurnOf<T> = (T extends Memory<infer M, infer W> ? Turn<M, W> : unknown) & Extras<T>;

/** The methods of a memory `T` beyond `save`, `load` and `clear`. */
export type Extras<T> = (T extends AppendableMemory<infer M, infer W> ? AppendableMemory<M, W> : unknown) &
  (T extends ReplaceableMemory<infer M, infer W> ? ReplaceableMemory<M, W> : unknown) &
  (T extends EndReplaceableMemory<infer M> ? EndReplaceableMemory<M> : unknown) &
  (T extends SearchableMemory<infer D> ? SearchableMemory<D> : unknown);

export type AnyTurn = Turn<unknown> & OpenMemory;
