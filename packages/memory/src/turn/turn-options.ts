import type { LockOptions } from "@distlock/core";

/** How the lock of a turn is waited for and held; options that are left out are as for the memory's writes. All times are in ms. */
export interface TurnOptions extends Omit<LockOptions, "autoExtend" | "maxHold"> {
  /** While another turn runs: `"wait"` for it, up to `timeout`, or `"reject"` after one attempt. Default `"wait"`. */
  whenBusy?: "wait" | "reject" | undefined;
  /** Longest wait for other turns, `Infinity` allowed; a Redis that does not answer ends it after about 5 s. Default 30 000. */
  timeout?: number | undefined;
  /**
   * When a turn that is idle for that long loses its lock: nobody waits for its work, for a call of it, or for the next
   * chunk of a stream that it holds. Integer, 1 or more, or `Infinity`. Default 60 000.
   */
  maxIdle?: number | undefined;
  /** When a turn that goes on loses its lock, counted from its start. Integer, 1 or more, or `Infinity`. Default 3 600 000. */
  maxTurn?: number | undefined;
}

/** The options of a turn's lock, and the turn's `maxIdle`. */
export interface HowToHold extends LockOptions {
  /** Default `Infinity`. */
  readonly maxIdle?: number | undefined;
}

/** Long enough for a pause of the process or a failover. A crash costs those who wait as much. */
export const LEASE = 10_000;

function bound(name: string, value: unknown): number {
  const bounds = `${name} must be an integer, 1 or more (ms), or Infinity`;
  if (typeof value !== "number") throw new TypeError(`${bounds}, got ${typeof value}`);
  if (!(Number.isInteger(value) || value === Number.POSITIVE_INFINITY) || value < 1) {
    throw new RangeError(`${bounds}, got ${value}`);
  }
  return value;
}

/**
 * The one place for the defaults of a turn and for its own options; the locker checks the others. `base` has the options of
 * the memory's writes. Throws `TypeError` or `RangeError`.
 */
export function resolveTurnOptions(base: LockOptions, given: TurnOptions = {}): HowToHold {
  if (typeof given !== "object" || given === null) throw new TypeError("the options of a turn must be an object");
  for (const name of ["autoExtend", "maxHold"]) {
    if (name in given) throw new TypeError(`${name} is not an option of a turn: its lease is kept alive up to maxTurn`);
  }
  const { whenBusy = "wait", timeout, maxTurn: turn = 3_600_000, maxIdle = 60_000, ...rest } = given;
  if (whenBusy !== "wait" && whenBusy !== "reject") {
    throw new RangeError(`whenBusy must be "wait" or "reject", got ${JSON.stringify(whenBusy)}`);
  }
  if (whenBusy === "reject" && timeout !== undefined && timeout !== 0) {
    throw new RangeError(`timeout must be left out or 0 when whenBusy is "reject", got ${timeout}`);
  }
  const maxTurn = bound("maxTurn", turn);

  // A turn waits by time: the bound on the attempts of a write does not apply to a turn.
  const { wait, retryDelay, waitReplicas } = base;
  const how: LockOptions = { wait, retryDelay, waitReplicas, ...rest };
  const { ttl = base.ttl as number } = rest;
  if (how.wait === "retry" || how.retryDelay !== undefined) how.maxAttempts ??= Number.POSITIVE_INFINITY;
  return {
    ...how,
    // The first lease is part of the turn.
    ttl: typeof ttl === "number" ? Math.min(ttl, maxTurn) : ttl,
    timeout: whenBusy === "reject" ? 0 : (timeout ?? 30_000),
    autoExtend: true,
    maxHold: maxTurn,
    maxIdle: bound("maxIdle", maxIdle),
  };
}
