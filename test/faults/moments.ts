import { stallEventLoop } from "@distlock/testing";

/** In the life of a lock: it is held, it is waited for, its grant has just arrived and nobody has looked at it; or at once. */
export type Moment = "holding" | "waiting" | "granted" | "now";

/** What a worker does to itself, at such a moment: exactly there, as no signal from outside could. */
export interface Blow {
  readonly at: Moment;
  readonly how: "kill" | "freeze" | "stall";
  /** `stall`: for how long, in ttls of the lock. */
  readonly ttls?: number;
}

export interface Moments {
  /** For the next such moment. */
  prepare(blow: Blow): void;
  /** Whatever was prepared and has not happened never will. */
  spare(): void;
  /** Now is such a moment, for a lock of that ttl. */
  reach(moment: Moment, ttl: number): void;
}

/** `awake` is called at once when a stall or freeze is over. */
export function createMoments(awake: () => void): Moments {
  let prepared: Blow[] = [];

  function suffer({ how, ttls = 1 }: Blow, ttl: number): void {
    if (how === "stall") stallEventLoop(ttls * ttl);
    else process.kill(process.pid, how === "kill" ? "SIGKILL" : "SIGSTOP");
    awake();
  }

  return {
    prepare(blow) {
      if (blow.at === "now") suffer(blow, 1_000);
      else prepared.push(blow);
    },
    spare() {
      prepared = [];
    },
    reach(moment, ttl) {
      const blow = prepared.find(({ at }) => at === moment);
      if (!blow) return;
      prepared = prepared.filter((other) => other !== blow);
      suffer(blow, ttl);
    },
  };
}
