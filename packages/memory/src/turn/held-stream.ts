import { boundProxy } from "../support/bound-proxy";

/** What a stream holds, or is held by. */
export interface StreamHold {
  /** Asks the stream for more, or tells it to end. */
  run<T>(work: () => T | PromiseLike<T>): Promise<T>;
  /** Whether nothing more may come of the stream: it is then told to end, and `over` rejects. */
  lost(): boolean;
  /**
   * Awaited before the reader learns that the stream has ended (`good`), failed or been cancelled. May reject if good: the
   * stream then fails.
   */
  over(good: boolean): Promise<void>;
}

const has = (value: unknown, name: PropertyKey): boolean =>
  typeof (value as Record<PropertyKey, unknown> | null | undefined)?.[name] === "function";

/** What is read by and by: a `ReadableStream` or an `AsyncIterable`. */
export const isStream = (value: unknown): boolean => has(value, "getReader") || has(value, Symbol.asyncIterator);

/** One step of the stream. */
async function step<T>(
  { run, lost, over }: StreamHold,
  ask: () => Promise<IteratorResult<T>> | IteratorResult<T>,
  end: () => unknown,
): Promise<IteratorResult<T>> {
  let next: IteratorResult<T>;
  try {
    next = await run(ask);
  } catch (error) {
    await over(false);
    throw error;
  }
  // It may be busy for long, and what it says of its end would hide the loss.
  if (!next.done && lost()) void run(end).catch(() => {});
  if (next.done || lost()) await over(true);
  return next;
}

function heldReadable<T>(stream: ReadableStream<T>, hold: StreamHold): ReadableStream<T> {
  const reader: ReadableStreamDefaultReader<T> = stream.getReader();
  let cancelled: Promise<void> | undefined;
  async function ask(): Promise<IteratorResult<T>> {
    const next = (await reader.read()) as IteratorResult<T>;
    // A stream that is cancelled has no more to give at once, and may yet be busy with its end.
    if (next.done) await cancelled;
    return next;
  }
  async function cancel(reason: unknown): Promise<void> {
    try {
      cancelled ??= hold.run(() => reader.cancel(reason));
      await cancelled;
    } finally {
      await hold.over(false);
    }
  }
  // Nothing is read before the caller reads.
  const held = new ReadableStream<T>(
    {
      async pull(controller) {
        const next = await step(hold, ask, () => reader.cancel());
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      cancel,
    },
    { highWaterMark: 0 },
  );
  return Object.getPrototypeOf(stream) === ReadableStream.prototype ? held : likeIts(stream, held, cancel);
}

/**
 * A subclass has methods that read, such as `next` in LangChain, or that end what makes the stream, such as `cancel` in
 * LangGraph, also while somebody reads it: they shall do so with the held stream.
 */
function likeIts<T>(
  stream: ReadableStream<T>,
  held: ReadableStream<T>,
  cancel: (reason: unknown) => Promise<void>,
): ReadableStream<T> {
  Object.setPrototypeOf(held, Object.getPrototypeOf(stream));
  for (const [name, value] of Object.entries(stream)) Object.defineProperty(held, name, { value, writable: true });
  return Object.assign(held, {
    cancel: (reason: unknown) => (held.locked ? cancel(reason) : ReadableStream.prototype.cancel.call(held, reason)),
  });
}

/** No generator: the `return` of one that was not yet asked for anything would tell the stream nothing. */
function heldIterable<T>(stream: AsyncIterable<T>, hold: StreamHold): AsyncIterableIterator<T> {
  const iterator = stream[Symbol.asyncIterator]();
  const { run, over } = hold;
  const finish = async (ask: () => Promise<IteratorResult<T>> | undefined, value?: unknown) => {
    let next: IteratorResult<T>;
    try {
      next = (await run(ask)) ?? { done: true, value };
    } catch (error) {
      await over(false);
      throw error;
    }
    if (next.done) await over(false);
    return next;
  };
  const held: AsyncIterableIterator<T> = boundProxy(stream as AsyncIterableIterator<T>, {
    next: (...value: [] | [unknown]) =>
      step(
        hold,
        () => iterator.next(...value),
        () => iterator.return?.(),
      ),
    return: (value: unknown) => finish(() => iterator.return?.(value), value),
    throw: (error: unknown) =>
      finish(() => {
        if (iterator.throw) return iterator.throw(error);
        throw error;
      }),
    [Symbol.asyncIterator]: () => held,
    [Symbol.asyncDispose]: () => held.return!(),
  });
  return held;
}

/**
 * The same stream, or the promise of it, with all that it has; only what is read by the members of a `ReadableStream` or of
 * an iterator is held. Throws `TypeError` for what is no stream, or one that is locked.
 */
export function heldStream(stream: unknown, hold: StreamHold): unknown {
  if (has(stream, "then")) {
    return (async () => {
      try {
        return heldStream(await stream, hold);
      } catch (error) {
        await hold.over(false);
        throw error;
      }
    })();
  }
  if (has(stream, "getReader")) return heldReadable(stream as ReadableStream, hold);
  if (has(stream, Symbol.asyncIterator)) return heldIterable(stream as AsyncIterable<unknown>, hold);
  throw new TypeError("hold needs a ReadableStream, an AsyncIterable, or the promise of one");
}
