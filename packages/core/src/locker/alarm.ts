import { AsyncResource } from "node:async_hooks";
import { now } from "../driver/lease";
import { MAX_DELAY } from "../driver/within";

/** One timer for many times. */
export interface Alarm {
  /** Rings at this time at the latest, on the clock of `now()`. */
  by(time: number): void;
  off(): void;
}

/**
 * Rings in the context in which it was made, not in that of whichever caller set it. It is off then, until it is set again. `holdsProcess`: whether
 * the process stays alive for it.
 */
export function createAlarm(ring: () => void, holdsProcess: boolean): Alarm {
  let timer: NodeJS.Timeout | undefined;
  let ringsAt = Number.POSITIVE_INFINITY;

  const onTime = AsyncResource.bind(() => {
    ringsAt = Number.POSITIVE_INFINITY;
    ring();
  });

  return {
    by(time) {
      if (time >= ringsAt) return;
      clearTimeout(timer);
      ringsAt = time;
      timer = setTimeout(onTime, Math.min(Math.max(Math.ceil(time - now()), 1), MAX_DELAY));
      if (!holdsProcess) timer.unref();
    },
    off() {
      clearTimeout(timer);
      ringsAt = Number.POSITIVE_INFINITY;
    },
  };
}
