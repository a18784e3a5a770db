// Tested by test/waiting/stalled-waits.test.ts, packages/core/test/locker.test.ts
import { clock } from "./clock";

/** How long a locker waits for the answer to one request, in ms. */
export const ANSWER_TIMEOUT = 5_000;

/** The longest time of `setTimeout`, in ms. It fires at once for longer ones. */
export const MAX_DELAY = 2 ** 31 - 1;

/** Resolves after one turn of the event loop, in which data that had arrived before is read. */
export const turn = (): Promise<void> => new Promise((resolve) => clock.immediate(resolve));

/**
 * Settles as the answer does, or rejects with `late()` if there is no answer after `ms`. After a stall of the event loop, an
 * answer that has arrived meanwhile counts. A later rejection of the answer is handled.
 */
export function within<T>(ms: number, answer: Promise<T>, late: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const end = () => clock.immediate(() => reject(late()));
    const timer = clock.after(Math.min(Math.ceil(ms), MAX_DELAY), end, true);
    const settle =
      <V>(how: (value: V) => void) =>
      (value: V) => {
        clock.cancel(timer);
        how(value);
      };
    answer.then(settle(resolve), settle(reject));
  });
}
