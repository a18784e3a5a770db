import { boundProxy } from "../support/bound-proxy";
import { type StreamHold, step } from "./stream-hold";

/**
 * Returns the iterable. It is not a generator: the `return` of a generator that was never asked for anything would not reach
 * the original.
 */
export function heldIterable<T>(iterable: AsyncIterable<T>, hold: StreamHold): AsyncIterableIterator<T> {
  const iterator = iterable[Symbol.asyncIterator]();
  const { run, over } = hold;
  const finish = async (end: () => Promise<IteratorResult<T>> | undefined, value?: unknown) => {
    let result: IteratorResult<T>;
    try {
      result = (await run(end)) ?? { done: true, value };
    } catch (error) {
      await over(false);
      throw error;
    }
    if (result.done) await over(false);
    return result;
  };
  const held: AsyncIterableIterator<T> = boundProxy(iterable as AsyncIterableIterator<T>, {
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
