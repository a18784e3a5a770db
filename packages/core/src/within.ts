/** How long the answer to one request is awaited, in ms. */
export const ANSWER_TIMEOUT = 5_000;

/** `setTimeout` fires at once for longer times. */
export const MAX_DELAY = 2 ** 31 - 1;

/** The answer, or a rejection with `late()` if there is none after `ms`. A later rejection of the answer is handled. */
export function within<T>(ms: number, answer: Promise<T>, late: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), Math.min(Math.ceil(ms), MAX_DELAY));
    const settle =
      <V>(how: (value: V) => void) =>
      (value: V) => {
        clearTimeout(timer);
        how(value);
      };
    answer.then(settle(resolve), settle(reject));
  });
}
