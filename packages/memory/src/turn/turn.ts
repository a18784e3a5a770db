import type { Locker } from "@distlock/core";
import { whileHeld } from "./held-locks";
import { heldStream } from "./held-stream";
import type {
  AppendableMemory,
  EndReplaceableMemory,
  Memory,
  MemoryOptions,
  OpenMemory,
  ReplaceableMemory,
  SearchableMemory,
} from "../store/memory";
import type { Message } from "../store/message";
import { assertHeld, callWith, type SharedLock } from "./shared-lock";
import { StaleTurnError } from "../store/stale-turn-error";

/**
 * One turn of a conversation: load, ask a model, save, under one lock whose lease is kept alive.
 * Its methods of a memory pass the lock's fence to the memory, and a signal that aborts when the lock is lost, joined with
 * the caller's own. They reject with `StaleTurnError`, and do not call the memory, once the turn has ended or its lock was
 * lost; else their outcome is the memory's.
 */
export interface Turn<M = Message, W = unknown> extends Memory<M, W> {
  /** Of the turn's lock: rises with every turn of the session. */
  readonly fence: number;
  /** Aborts, with a `LockLostError` as reason, when the lock is lost, also by `maxIdle` or `maxTurn`; not when the turn ends. */
  readonly signal: AbortSignal;
  /**
   * Does the work within the turn, as `withTurn` does, and returns its result, or rejects with its error: until then the
   * turn is not idle. Rejects with `StaleTurnError`, and does nothing, when the turn has ended or lost its lock.
   */
  run<R>(work: () => R | PromiseLike<R>): Promise<R>;
  /**
   * Gives all of the stream, and ends the turn when it ends, fails or is cancelled, just before its reader learns of that.
   * A turn of `withTurn` ends when its work is done too. A stream of which nobody wants the next chunk
   * leaves the turn idle: see `maxIdle`. A byte stream becomes a plain stream of its chunks. Throws `TypeError` for what is no stream, and
   * `StaleTurnError` when the turn has ended; a promise rejects with that.
   */
  hold<T>(stream: ReadableStream<T>): ReadableStream<T>;
  hold<T>(stream: AsyncIterable<T>): AsyncIterableIterator<T>;
  hold<T>(stream: PromiseLike<ReadableStream<T>>): Promise<ReadableStream<T>>;
  hold<T>(stream: PromiseLike<AsyncIterable<T>>): Promise<AsyncIterableIterator<T>>;
  /**
   * Ends the turn. The lock is released then, or when the last call of the memory that is under way has settled and the
   * last turn within or around this one has ended. Never rejects: a release that fails is a warning, since what was saved
   * is saved. A second call does nothing.
   */
  end(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The turn of a memory `T`: it can append, replace, replace the end and search, if the memory can. */
export type TurnOf<T> = (T extends Memory<infer M, infer W> ? Turn<M, W> : unknown) & Extras<T>;

/** What a memory `T` can beyond `save`, `load` and `clear`. */
export type Extras<T> = (T extends AppendableMemory<infer M, infer W> ? AppendableMemory<M, W> : unknown) &
  (T extends ReplaceableMemory<infer M, infer W> ? ReplaceableMemory<M, W> : unknown) &
  (T extends EndReplaceableMemory<infer M> ? EndReplaceableMemory<M> : unknown) &
  (T extends SearchableMemory<infer D> ? SearchableMemory<D> : unknown);

export type AnyTurn = Turn<unknown> & OpenMemory;

/**
 * `uses` counts what keeps the turn from ending by itself: its streams, and 1 for the work of `withTurn`; `done` takes one
 * away.
 */
export function createTurn(
  memory: OpenMemory,
  locker: Locker,
  shared: SharedLock,
  uses: 0 | 1,
): { turn: AnyTurn; done(): Promise<void> } {
  const { lock } = shared;
  const leave = shared.enter("turn");
  let left: number = uses;
  let ended = false;

  function inTime<V>(value: V): V {
    if (ended) throw new StaleTurnError(lock.key, "its turn has ended");
    return value;
  }

  async function call<O extends MemoryOptions, T>(
    options: O | undefined,
    run: (options: MemoryOptions) => Promise<T>,
  ): Promise<T> {
    inTime(undefined);
    assertHeld(shared);
    return callWith(shared, options, (inner) => whileHeld(locker, shared, () => run(inner)));
  }

  function end(): Promise<void> {
    ended = true;
    return leave();
  }

  async function done(): Promise<void> {
    if (--left === 0) await end();
  }

  const turn: AnyTurn = {
    fence: lock.fence,
    // Looks at the clock: timers may be late.
    get signal() {
      return lock.signal;
    },
    async run(work) {
      inTime(undefined);
      assertHeld(shared);
      return whileHeld(locker, shared, work);
    },
    save: (input, output, options) => call(options, (inner) => memory.save(input, output, inner)),
    load: (options) => call(options, (inner) => memory.load(inner)),
    clear: (options) => call(options, (inner) => memory.clear(inner)),
    hold(stream: unknown): never {
      let over: Promise<void> | undefined;
      const promised = typeof (stream as PromiseLike<unknown> | undefined)?.then === "function";
      const opened = promised
        ? whileHeld(locker, shared, () => (stream as PromiseLike<unknown>).then(inTime))
        : inTime(stream);
      const held = heldStream(opened, {
        run: (work) => whileHeld(locker, shared, work),
        lost: () => false,
        over() {
          over ??= done();
          return over;
        },
      });
      left++;
      return held as never;
    },
    end,
    [Symbol.asyncDispose]: end,
  };
  if (memory.append) turn.append = (messages, options) => call(options, (inner) => memory.append!(messages, inner));
  if (memory.replace) turn.replace = (messages, options) => call(options, (inner) => memory.replace!(messages, inner));
  if (memory.replaceEnd) {
    turn.replaceEnd = (expected, messages, options) =>
      call(options, (inner) => memory.replaceEnd!(expected, messages, inner));
  }
  if (memory.search) turn.search = (query, k, options) => call(options, (inner) => memory.search!(query, k, inner));
  return { turn, done };
}
