// Tested by packages/core/test/hold.test.ts, packages/core/test/heartbeats.test.ts
import { clock, type Timer } from "../driver/clock";
import { now } from "../driver/lease";
import { background } from "../driver/observe/through";
import { MAX_DELAY } from "../driver/with-timeout";

/** One timer for many times: it rings at the earliest. */
interface Alarm {
  /** Rings at this time at the latest, on the clock of `now()`. */
  by(time: number): void;
  off(): void;
}

/**
 * Rings in the background, not in the async context of the caller that set it. It is then off until it is set again.
 * `holdsProcess`: whether the process stays alive for it.
 */
export function createAlarm(ring: () => void, holdsProcess: boolean): Alarm {
  let timer: Timer | undefined;
  let ringsAt = Infinity;

  function onTime(): void {
    ringsAt = Infinity;
    background(ring);
  }

  return {
    by(time) {
      if (time >= ringsAt) return;
      clock.cancel(timer);
      ringsAt = time;
      timer = clock.after(Math.min(Math.max(Math.ceil(time - now()), 1), MAX_DELAY), onTime, holdsProcess);
    },
    off() {
      clock.cancel(timer);
      ringsAt = Infinity;
    },
  };
}
