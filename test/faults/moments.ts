import { stallEventLoop } from "@distlock/testing";
import { monotonic } from "./clock";

/** In the life of a lock: it is held, it is waited for, its grant has just arrived and nobody has looked at it. */
export type Moment = "holding" | "waiting" | "granted";

/** A fault that a worker causes to itself at such a moment: exactly there, as no signal from outside could. */
export interface Blow {
  readonly at: Moment;
  readonly how: "kill" | "freeze" | "stall";
  /** `stall`: for how long, in ttls of the lock. */
  readonly ttls?: number;
}

export interface Moments {
  /** For the next such moment. */
  prepare(blow: Blow): void;
  /** Calls off prepared faults that have not happened. */
  spare(): void;
  /** Now is such a moment, for a token that asked for that ttl. */
  reach(moment: Moment, token: string, ttl: number): void;
}

/** `awake` is called at once when a stall or freeze is over, with when it began. */
export function createMoments(awake: (from: number, token: string) => void): Moments {
  let prepared: Blow[] = [];

  function suffer({ how, ttls = 1 }: Blow, token: string, ttl: number): void {
    const from = monotonic();
    if (how === "stall") stallEventLoop(ttls * ttl);
    else process.kill(process.pid, how === "kill" ? "SIGKILL" : "SIGSTOP");
    awake(from, token);
  }

  return {
    prepare(blow) {
      prepared.push(blow);
    },
    spare() {
      prepared = [];
    },
    reach(moment, token, ttl) {
      const blow = prepared.find(({ at }) => at === moment);
      if (!blow) return;
      prepared = prepared.filter((other) => other !== blow);
      suffer(blow, token, ttl);
    },
  };
}
