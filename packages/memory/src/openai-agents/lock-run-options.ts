import type { LockOptions } from "@distlock/core";
import { resolveLockedMemoryOptions } from "../locked-memory-options";
import { resolveTurnOptions, type TurnOptions } from "../turn-options";

/** How the lock of a run is waited for and held, as that of a turn. All times are in ms. */
export interface LockRunOptions extends Omit<TurnOptions, "signal"> {
  /** Length of the lease, kept alive while the run goes on. Default 30 000. */
  ttl?: number | undefined;
}

/** The one place for defaults and validation. Throws `TypeError` or `RangeError`. */
export function resolveLockRunOptions(options: LockRunOptions = {}): LockOptions {
  if (typeof options !== "object" || options === null) throw new TypeError("the options of lockRun must be an object");
  if ("signal" in options) throw new TypeError("signal is an option of each run, not of lockRun");
  const how = resolveTurnOptions({ ttl: 30_000 }, options);
  resolveLockedMemoryOptions({ ...how, key: "run" });
  return how;
}
