import type { LockOptions } from "@distlock/core";
import { checkLockOptions } from "./check-lock-options";
import { resolveTurnOptions, type TurnOptions } from "./turn-options";

/** How the lock of a call is waited for and held: as that of a turn. All times are in ms. */
export type CallOptions = Omit<TurnOptions, "signal">;

/** The one place for defaults and validation. Throws `TypeError` or `RangeError`. */
export function resolveCallOptions(given: CallOptions): LockOptions {
  if ("signal" in given) throw new TypeError("signal is no option of all calls");
  const options = resolveTurnOptions({ ttl: 30_000 }, given);
  checkLockOptions(options);
  return options;
}
