import type { Locker } from "@distlock/core";
import type { MemoryOptions, OpenMemory } from "../store/memory";
import { memoryThrough } from "../store/memory-through";
import { StaleTurnError } from "../store/stale-turn-error";
import { runWithLock } from "./held-locks";
import { heldStream } from "./held-stream";
import { assertHeld, callWith, type SharedLock } from "./shared-lock";
import type { AnyTurn } from "./turn";

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === "function";

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

  const inTurn = <T>(work: () => T | PromiseLike<T>): Promise<T> => runWithLock(locker, shared, work);

  async function call<R>(options: MemoryOptions | undefined, run: (options: MemoryOptions) => Promise<R>): Promise<R> {
    inTime(undefined);
    assertHeld(shared);
    return callWith(shared, options, (inner) => inTurn(() => run(inner)));
  }

  function end(): Promise<void> {
    ended = true;
    return leave();
  }

  async function done(): Promise<void> {
    if (--left === 0) await end();
  }

  function hold<T>(stream: ReadableStream<T>): ReadableStream<T>;
  function hold<T>(stream: AsyncIterable<T>): AsyncIterableIterator<T>;
  function hold<T>(stream: PromiseLike<ReadableStream<T>>): Promise<ReadableStream<T>>;
  function hold<T>(stream: PromiseLike<AsyncIterable<T>>): Promise<AsyncIterableIterator<T>>;
  function hold(stream: unknown): unknown {
    let over: Promise<void> | undefined;
    const opened = isPromise(stream) ? inTurn(() => stream.then(inTime)) : inTime(stream);
    const held = heldStream(opened, {
      run: inTurn,
      lost: () => false,
      over() {
        over ??= done();
        return over;
      },
    });
    left++;
    return held;
  }

  const turn: AnyTurn = {
    ...memoryThrough({ write: call, read: call }, memory),
    fence: lock.fence,
    // Looks at the clock: timers may be late.
    get signal() {
      return lock.signal;
    },
    async run(work) {
      inTime(undefined);
      assertHeld(shared);
      return inTurn(work);
    },
    hold,
    end,
    [Symbol.asyncDispose]: end,
  };
  return { turn, done };
}
