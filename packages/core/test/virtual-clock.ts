import { onTestFinished } from "vitest";
import { realClock, useClock } from "../src/driver/clock";

interface VirtualTime {
  /** Timers run when they are due. */
  pass(ms: number): Promise<void>;
  /** The event loop is busy: no timer runs. */
  stall(ms: number): void;
  /** From now on each look at the clock takes so long. */
  slowDown(ms: number): void;
}

/** Time that passes only by these functions, for what is made after this call and for the rest of the test. */
export function useVirtualClock(): VirtualTime {
  const timers = new Map<number, { readonly at: number; run(): void }>();
  let time = 1_000_000;
  let count = 0;
  let perLook = 0;
  useClock({
    ...realClock,
    now() {
      time += perLook;
      return time;
    },
    after(ms, run) {
      timers.set(++count, { at: time + ms, run });
      return count;
    },
    cancel: (timer) => void timers.delete(Number(timer)),
  });
  onTestFinished(() => useClock());
  const settled = () => new Promise(setImmediate);

  return {
    stall(ms) {
      time += ms;
    },
    slowDown(ms) {
      perLook = ms;
    },
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
