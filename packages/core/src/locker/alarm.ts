// Tested by packages/core/test/hold.test.ts, packages/core/test/heartbeats.test.ts
import { AsyncResource } from "node:async_hooks";
import { clock, type Timer } from "../driver/clock";
import { now } from "../driver/lease";
import { MAX_DELAY } from "../driver/within";

/** One timer for many times: it rings at the earliest. */
interface Alarm {
  /** Rings at this time at the latest, on the clock of `now()`. */
  by(time: number): void;
  off(): void;
}

/**
 * Rings in the async context in which it was made, not in the context of the caller that set it. It is then off until
 * it is set again. `holdsProcess`: whether the process stays alive for it.
 */
export function createAlarm(ring: () => void, holdsProcess: boolean): Alarm {
  let timer: Timer | undefined;
  let ringsAt = Infinity;

  const onTime = AsyncResource.bind(() => {
    ringsAt = Infinity;
    ring();
  });

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
