import { type StreamHold, step } from "./stream-hold";

/** Returns the stream. Nothing is read from it before the caller reads. */
export function heldReadable<T>(stream: ReadableStream<T>, hold: StreamHold): ReadableStream<T> {
  const reader: ReadableStreamDefaultReader<T> = stream.getReader();
  let cancelled: Promise<void> | undefined;
  async function next(): Promise<IteratorResult<T>> {
    const result = (await reader.read()) as IteratorResult<T>;
    // A read of a cancelled stream ends at once, and the source may still be busy with its end.
    if (result.done) await cancelled;
    return result;
  }
  async function cancel(reason: unknown): Promise<void> {
    try {
      cancelled ??= hold.run(() => reader.cancel(reason));
      await cancelled;
    } finally {
      await hold.over(false);
    }
  }
  const held = new ReadableStream<T>(
    {
      async pull(controller) {
        const result = await step(hold, next, () => reader.cancel());
        if (result.done) controller.close();
        else controller.enqueue(result.value);
      },
      cancel,
    },
    { highWaterMark: 0 },
  );
  return Object.getPrototypeOf(stream) === ReadableStream.prototype ? held : inClassOf(stream, held, cancel);
}

/**
 * Sets the class and the own members of the original on the held stream. Methods that a subclass adds then read the held
 * stream, and its `cancel` ends the held stream even while a reader has it.
 */
function inClassOf<T>(
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
