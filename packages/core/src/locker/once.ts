import { clock } from "../driver/clock";
import { type LockError, LockNotAcquiredError } from "../driver/errors";
import { MIN_TTL, now } from "../driver/lease";
import { number, show } from "../driver/number";
import { warn } from "../driver/observe/facts";
import type { Party } from "../driver/party";
import type { HeldLock } from "./hold/held-lock";
import { keepLock } from "./hold/keep-lock";
import { releaseLock } from "./hold/lock-calls";
import type { LockOptions } from "./options";

/** How a job is run once per period, and how its lock is held meanwhile. All times are in ms. */
export interface OnceOptions extends Pick<LockOptions, "ttl" | "maxHold" | "label" | "waitReplicas"> {
  /**
   * The period, counted from the grant. Integer, 3 … 31 622 400 000 (366 days). For a job that a timer starts, let it be shorter
   * than the interval of the timer, by more than the clocks of the hosts differ, and longer than they differ.
   */
  readonly per: number;
  /** What happens to the key if the work throws. `"free"` (the default): another call may run the job at once. `"keep"`: as after good work. */
  readonly onError?: "free" | "keep" | undefined;
}

/** Whether the job ran in this call, and with which result. */
export type OnceResult<T> =
  | { readonly ran: true; readonly value: T }
  /**
   * Another call runs the job, or ran it in this period. `until` is when the key is free by the clock of this process, in ms since
   * 1970, unless the holder extends or releases it before.
   */
  | { readonly ran: false; readonly holder: Party; readonly until: number };

/** What `once` itself does with its options. */
interface Period {
  readonly per: number;
  readonly onError: "free" | "keep";
}

const LONGEST_PERIOD = 366 * 86_400_000;

const checkPer = number(
  "per",
  `an integer from ${MIN_TTL} to ${LONGEST_PERIOD} (ms)`,
  (n) => Number.isInteger(n) && n >= MIN_TTL && n <= LONGEST_PERIOD,
);

function checkOnError(value: unknown): Period["onError"] {
  if (value === "free" || value === "keep") return value;
  throw new RangeError(`onError must be "free" or "keep", got ${show(value)}`);
}

/** The options of a lock that `once` takes. The others are about waiting, and `once` does not wait. */
const OF_LOCK = ["ttl", "maxHold", "label", "waitReplicas"];
const ALL = ["per", "onError", ...OF_LOCK];

/** Throws `TypeError` or `RangeError` for bad options. The call for the lock checks its own options. */
export function splitOnceOptions(options: OnceOptions): { period: Period; given: LockOptions } {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`options must be an object with "per", got ${show(options)}`);
  const { per, onError, ...given } = options;
  for (const name of Object.keys(given)) {
    if (!OF_LOCK.includes(name)) throw new TypeError(`unknown option ${show(name)}; there are ${ALL.join(", ")}`);
  }
  return { period: { per: checkPer(per), onError: checkOnError(onError ?? "free") }, given };
}

/** The work under way, and the lock that it runs under. */
interface Running<T> {
  readonly held: HeldLock;
  readonly done: Promise<T>;
}

/** `begin` takes the lock and begins the work, or rejects. */
export async function doOnce<T>({ per, onError }: Period, begin: () => Promise<Running<T>>): Promise<OnceResult<T>> {
  let running: Running<T>;
  try {
    running = await begin();
  } catch (error) {
    if (LockNotAcquiredError.is(error)) return notRun(error);
    throw error;
  }
  const { held, done } = running;
  const keep = () => keepLock(held, held.heldSince + per);
  let value: T;
  try {
    value = await done;
  } catch (error) {
    await (onError === "keep" ? keep() : releaseLock(held, "released")).catch(warn);
    throw error;
  }
  await keep().catch(warnOfOutage);
  return { ran: true, value };
}

/** The work is done. That its end could not reach Redis takes nothing away from its result; that the lock was lost does. */
function warnOfOutage(error: LockError): void {
  if (error.code !== "LOCK_BACKEND") throw error;
  warn(error);
}

const notRun = ({ holder = {}, remaining = 0 }: LockNotAcquiredError): OnceResult<never> => ({
  ran: false,
  holder,
  until: Math.ceil(clock.origin + now() + remaining),
});
