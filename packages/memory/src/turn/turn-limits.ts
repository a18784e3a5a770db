/** The bounds of a turn in ms; `Infinity` for none. */
export interface TurnBounds {
  /** From its start. */
  readonly maxTurn?: number | undefined;
  /** With nothing under way. */
  readonly maxIdle?: number | undefined;
}

export interface TurnLimits {
  /** Whether there is a bound. */
  readonly some: boolean;
  /** The turn is not idle until the function that it returns is called. */
  busy(): () => void;
  /** Looks at the clock, since timers may be late: a turn whose time is over ends now. */
  look(): void;
  /** From now on there is no limit. */
  stop(): void;
}

/** `setTimeout` fires at once for longer times. */
const MAX_DELAY = 2 ** 31 - 1;

/** Calls `over`, once, when a bound is reached, with its name and a reason. It keeps no process alive. */
export function createTurnLimits(
  { maxTurn = Number.POSITIVE_INFINITY, maxIdle = Number.POSITIVE_INFINITY }: TurnBounds,
  over: (bound: "maxTurn" | "maxIdle", why: string) => void,
): TurnLimits {
  let uses = 0;
  let idleSince = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const endsAt = idleSince + maxTurn;

  const idleAt = (): number => (uses > 0 ? Number.POSITIVE_INFINITY : idleSince + maxIdle);
  const left = (): number => Math.min(endsAt, idleAt()) - performance.now();

  function arm(): void {
    const ms = left();
    if (stopped || timer || ms === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(tick, Math.min(Math.max(Math.ceil(ms), 1), MAX_DELAY)).unref();
  }

  function tick(): void {
    timer = undefined;
    // After a stall of the event loop, events that have arrived meanwhile come first: one may be a read.
    if (left() <= 0) setImmediate(judge);
    else arm();
  }

  function judge(): void {
    look();
    if (stopped) return;
    if (performance.now() < idleAt()) arm();
    else {
      stop();
      over("maxIdle", `maxIdle of ${maxIdle} ms was reached: nobody called the turn or read a stream that it holds`);
    }
  }

  function look(): void {
    if (stopped || performance.now() < endsAt) return;
    stop();
    over("maxTurn", `maxTurn of ${maxTurn} ms was reached`);
  }

  function stop(): void {
    stopped = true;
    clearTimeout(timer);
    timer = undefined; // A timer remembers the work that it was set in (Node 20).
  }

  arm();
  return {
    some: Math.min(maxTurn, maxIdle) < Number.POSITIVE_INFINITY,
    busy() {
      let done = false;
      uses++;
      return () => {
        if (done) return;
        done = true;
        if (--uses > 0) return;
        idleSince = performance.now();
        arm();
      };
    },
    look,
    stop,
  };
}
