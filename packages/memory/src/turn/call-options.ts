import { checkLockOptions } from "@distlock/core/driver";
import { type HowToHold, LEASE, resolveTurnOptions, type TurnOptions } from "./turn-options";

/** How the lock of a call is waited for and held, as for a turn. All times are in ms. */
export type CallOptions = Omit<TurnOptions, "signal">;

/** The one place for defaults and validation. Throws `TypeError` or `RangeError`. */
export function resolveCallOptions(given: CallOptions): HowToHold {
  if ("signal" in given) throw new TypeError("signal is an option of each call, not of all calls");
  const how = resolveTurnOptions({ ttl: LEASE }, given);
  const { maxIdle: _, ...options } = how;
  checkLockOptions(options);
  return how;
}
