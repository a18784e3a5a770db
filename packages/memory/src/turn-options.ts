import type { LockOptions } from "@distlock/core";

/** How the lock of a turn is waited for and held; what is left out is as for the memory's writes. All times are in ms. */
export interface TurnOptions extends Omit<LockOptions, "autoExtend" | "maxHold"> {
  /** While another turn runs: `"wait"` for it, up to `timeout`, or `"reject"` after one attempt. Default `"wait"`. */
  whenBusy?: "wait" | "reject" | undefined;
  /** Longest wait for the turn, `Infinity` allowed. Default 30 000. */
  timeout?: number | undefined;
  /** When a turn that goes on loses its lock, counted from its start. Integer, 1 or more, or `Infinity`. Default 600 000. */
  maxTurn?: number | undefined;
}

/**
 * The one place for the defaults of a turn and for the options that are its own; the locker checks the others. `base` is
 * what the memory's writes take. Throws `TypeError` or `RangeError`.
 */
export function resolveTurnOptions(base: LockOptions, given: TurnOptions = {}): LockOptions {
  if (typeof given !== "object" || given === null) throw new TypeError("the options of a turn must be an object");
  for (const name of ["autoExtend", "maxHold"]) {
    if (name in given) throw new TypeError(`${name} is no option of a turn: its lease is kept alive up to maxTurn`);
  }
  const { whenBusy = "wait", maxTurn = 600_000, timeout, ...rest } = given;
  if (whenBusy !== "wait" && whenBusy !== "reject") {
    throw new RangeError(`whenBusy must be "wait" or "reject", got ${JSON.stringify(whenBusy)}`);
  }
  const bound = "maxTurn must be an integer, 1 or more (ms), or Infinity";
  if (typeof maxTurn !== "number") throw new TypeError(`${bound}, got ${typeof maxTurn}`);
  if (!(Number.isInteger(maxTurn) || maxTurn === Number.POSITIVE_INFINITY) || maxTurn < 1) {
    throw new RangeError(`${bound}, got ${maxTurn}`);
  }
  if (whenBusy === "reject" && timeout !== undefined && timeout !== 0) {
    throw new RangeError(`timeout must be left out or 0 when whenBusy is "reject", got ${timeout}`);
  }

  // A turn waits by time: the number of attempts of a write is not that of a turn.
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
  };
}
