type Over = () => Promise<void>;

function heldReadable<T>(stream: ReadableStream<T>, over: Over): ReadableStream<T> {
  const reader: ReadableStreamDefaultReader<T> = stream.getReader();
  const source = {
    async pull(controller: ReadableStreamDefaultController<T>) {
      const next = await reader.read().catch(async (error) => {
        await over();
        throw error;
      });
      if (!next.done) return controller.enqueue(next.value);
      await over();
      controller.close();
    },
    async cancel(reason: unknown) {
      try {
        await reader.cancel(reason);
      } finally {
        await over();
      }
    },
  };
  // Nothing is read before the caller reads.
  return new ReadableStream<T>(source, { highWaterMark: 0 });
}

/** No generator: the `return` of one that was not yet asked for anything would tell the stream nothing. */
function heldIterable<T>(stream: AsyncIterable<T>, over: Over): AsyncIterableIterator<T> {
  const iterator = stream[Symbol.asyncIterator]();
  return {
    async next() {
      let next: IteratorResult<T>;
      try {
        next = await iterator.next();
      } catch (error) {
        await over();
        throw error;
      }
      if (next.done) await over();
      return next;
    },
    async return(value) {
      try {
        return (await iterator.return?.(value)) ?? { done: true, value };
      } finally {
        await over();
      }
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const has = (value: unknown, name: PropertyKey): boolean =>
  typeof (value as Record<PropertyKey, unknown> | null | undefined)?.[name] === "function";

/**
 * The same stream, or the promise of it. `over` is called, and awaited, before the reader learns that the stream has
 * ended, failed or been cancelled; it must not reject. Throws `TypeError` for what is no stream, or one that is locked.
 */
export function heldStream(stream: unknown, over: Over): unknown {
  if (has(stream, "then")) {
    return (async () => {
      try {
        return heldStream(await stream, over);
      } catch (error) {
        await over();
        throw error;
      }
    })();
  }
  if (has(stream, "getReader")) return heldReadable(stream as ReadableStream, over);
  if (has(stream, Symbol.asyncIterator)) return heldIterable(stream as AsyncIterable<unknown>, over);
  throw new TypeError("hold needs a ReadableStream, an AsyncIterable, or the promise of one");
}
