import { onTestFinished } from "vitest";
import { realClock, useClock } from "../src/driver/clock";

/** Time that passes only by `pass`, for what is made after this call and for the rest of the test. */
export function useVirtualClock(): { pass(ms: number): Promise<void> } {
  const timers = new Map<number, { readonly at: number; run(): void }>();
  let time = 1_000_000;
  let count = 0;
  useClock({
    ...realClock,
    now: () => time,
    after(ms, run) {
      timers.set(++count, { at: time + ms, run });
      return count;
    },
    cancel: (timer) => void timers.delete(Number(timer)),
  });
  onTestFinished(() => useClock());
  const settled = () => new Promise(setImmediate);

  return {
    async pass(ms) {
      const end = time + ms;
      for (;;) {
        await settled();
        const [next] = [...timers].sort(([, a], [, b]) => a.at - b.at);
        if (next === undefined || next[1].at > end) break;
        timers.delete(next[0]);
        time = Math.max(time, next[1].at);
        next[1].run();
      }
      time = end;
    },
  };
}
