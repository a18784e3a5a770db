/** A stream, both to read and to iterate. */
export type OpenedStream<T> = ReadableStream<T> & AsyncIterableIterator<T>;

/**
 * A stream that is opened when it is first read, and never if it is cancelled before. `signal` aborts when it is cancelled
 * while it is being opened.
 */
export function lockedStream<T>(open: (signal: AbortSignal) => Promise<AsyncIterable<T>>): OpenedStream<T> {
  const cancelled = new AbortController();
  let opening: Promise<AsyncIterator<T>> | undefined;
  let opened = false;

  async function iterator(): Promise<AsyncIterator<T>> {
    cancelled.signal.throwIfAborted();
    const stream = await open(cancelled.signal);
    opened = true;
    return stream[Symbol.asyncIterator]();
  }
  /** The iterator, if one is left that must learn of the end. */
  async function toEnd(): Promise<AsyncIterator<T> | undefined> {
    if (!opened) cancelled.abort();
    return opening?.catch(() => undefined);
  }

  const steps = {
    async next(...value: [] | [unknown]): Promise<IteratorResult<T>> {
      if (cancelled.signal.aborted) return { done: true, value: undefined };
      opening ??= iterator();
      return (await opening).next(...value);
    },
    async return(value?: unknown): Promise<IteratorResult<T>> {
      return (await (await toEnd())?.return?.(value)) ?? { done: true, value };
    },
    async throw(error: unknown): Promise<IteratorResult<T>> {
      const left = await toEnd();
      if (left?.throw) return left.throw(error);
      throw error;
    },
  };
  const stream = new ReadableStream<T>(
    {
      async pull(controller) {
        const next = await steps.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel(reason) {
        await steps.return(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return Object.assign(stream, {
    ...steps,
    [Symbol.asyncIterator]: () => stream as OpenedStream<T>,
    [Symbol.asyncDispose]: async () => void (await steps.return()),
  }) as OpenedStream<T>;
}
