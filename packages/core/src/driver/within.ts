// Tested by test/waiting/stalled-waits.test.ts, packages/core/test/locker.test.ts
/** How long the answer to one request is awaited, in ms. */
export const ANSWER_TIMEOUT = 5_000;

/** `setTimeout` fires at once for longer times. */
export const MAX_DELAY = 2 ** 31 - 1;

/** One turn of the event loop: what had arrived before is read then. */
export const turn = (): Promise<void> => new Promise(setImmediate);

/**
 * The answer, or a rejection with `late()` if there is none after `ms`. After a stall of the event loop, what has arrived
 * meanwhile is heard first. A later rejection of the answer is handled.
 */
export function within<T>(ms: number, answer: Promise<T>, late: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const end = () => reject(late());
    const timer = setTimeout(() => setImmediate(end), Math.min(Math.ceil(ms), MAX_DELAY));
    const settle =
      <V>(how: (value: V) => void) =>
      (value: V) => {
        clearTimeout(timer);
        how(value);
      };
    answer.then(settle(resolve), settle(reject));
  });
}
