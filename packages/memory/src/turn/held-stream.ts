import { heldIterable } from "./held-iterable";
import { heldReadable } from "./held-readable";
import type { StreamHold } from "./stream-hold";

const has = (value: unknown, name: PropertyKey): boolean =>
  typeof (value as Record<PropertyKey, unknown> | null | undefined)?.[name] === "function";

const isPromise = (value: unknown): value is PromiseLike<unknown> => has(value, "then");
const isReadable = (value: unknown): value is ReadableStream => has(value, "getReader");
const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> => has(value, Symbol.asyncIterator);

/** Whether the value is read piece by piece: a `ReadableStream` or an `AsyncIterable`. */
export const isStream = (value: unknown): boolean => isReadable(value) || isAsyncIterable(value);

/**
 * Returns the stream, or the promise of it, with all its members. Only reads by the members of a `ReadableStream` or of an
 * iterator are held. Throws `TypeError` for a value that is not a stream, and for a stream that has a reader.
 */
export function heldStream(stream: unknown, hold: StreamHold): unknown {
  if (isPromise(stream)) return heldLater(stream, hold);
  if (isReadable(stream)) return heldReadable(stream, hold);
  if (isAsyncIterable(stream)) return heldIterable(stream, hold);
  throw new TypeError("hold needs a ReadableStream, an AsyncIterable, or the promise of one");
}

async function heldLater(stream: PromiseLike<unknown>, hold: StreamHold): Promise<unknown> {
  try {
    return heldStream(await stream, hold);
  } catch (error) {
    await hold.over(false);
    throw error;
  }
}
