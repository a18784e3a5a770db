import { MIN_TTL } from "../driver/lease";
import { number, show } from "../driver/number";
import { checkLabel } from "../driver/party";

/** How a lock is waited for and held. Per locker and per call: the call wins. All times are in ms. */
export interface LockOptions {
  /**
   * Length of the lease. Integer, 3 … 2^31−1. Default 30 000. A lock that another holder handed over has a lease of 3 s,
   * and of the ttl, if that is longer, once Redis confirms it; the request for it is sent before your code runs.
   */
  ttl?: number | undefined;
  /**
   * How `acquire` waits. `"queue"` (the default if the driver can subscribe): in the order of arrival, woken by the
   * release. `"retry"`: it asks again from time to time; the options `maxAttempts` and `retryDelay` choose it too.
   */
  wait?: "queue" | "retry" | undefined;
  /** `"retry"`: attempts in all, 1 or more, `Infinity` allowed. Default 3. */
  maxAttempts?: number | undefined;
  /**
   * `"retry"`: time between two attempts, or a function of the attempt (1, 2, …) that returns it; jittered by half.
   * Default 100.
   */
  retryDelay?: number | ((attempt: number) => number) | undefined;
  /** Longest wait, never overshot. `0` is one attempt, `Infinity` allowed. Default 5 000. */
  timeout?: number | undefined;
  /** Ends the wait with `signal.reason`. Has no effect once the lock is granted. */
  signal?: AbortSignal | undefined;
  /** Keeps the lease alive until release. On in `withLock`, off in `acquire`. */
  autoExtend?: boolean | undefined;
  /** Cap on automatic extension, counted from the grant. Default `Infinity`. */
  maxHold?: number | undefined;
  /**
   * Names the holder or the waiter in `inspect` and in errors of other callers, for instance `"api-7:4711"`; see `processLabel`.
   * At most 48 bytes of UTF-8. Everybody who can read the key can read it. Default: none.
   */
  label?: string | undefined;
  /**
   * `"queue"`: if more waiters than this are before the call, it rejects at once with `LockNotAcquiredError`. Integer, 0 or more,
   * `Infinity` allowed. Default `Infinity`.
   */
  maxAhead?: number | undefined;
  /**
   * How many replicas must have acknowledged the grant before it counts. If they do not do so soon, it is undone and
   * the call rejects with `LockBackendError`. Integer, 0 or more. Default 0.
   */
  waitReplicas?: number | undefined;
}

export interface ResolvedOptions {
  readonly ttl: number;
  readonly wait: "queue" | "retry";
  readonly maxAttempts: number;
  readonly retryDelay: (attempt: number) => number;
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  readonly autoExtend: boolean;
  readonly maxHold: number;
  readonly waitReplicas: number;
  readonly label: string | undefined;
  readonly maxAhead: number;
  /** What an observer says of the call to other observers. It is not an option of users. */
  readonly link?: string | undefined;
}

const MAX_TTL = 2 ** 31 - 1;

type Check = (value: unknown) => unknown;

export const checkTtl = number(
  "ttl",
  `an integer from ${MIN_TTL} to ${MAX_TTL} (ms)`,
  (n) => Number.isInteger(n) && n >= MIN_TTL && n <= MAX_TTL,
);

const checkDelay = number("retryDelay", "a finite number of ms, 0 or more", (n) => n >= 0 && n < Infinity);

const is =
  (name: string, what: string, fits: (value: unknown) => boolean): Check =>
  (value) => {
    if (fits(value)) return value;
    throw new TypeError(`${name} must be ${what}, got ${show(value)}`);
  };

/** One check for each option: returns the value as the locker keeps it. */
const checks: Readonly<Record<keyof LockOptions, Check>> = {
  ttl: checkTtl,
  wait(value) {
    if (value === "queue" || value === "retry") return value;
    throw new RangeError(`wait must be "queue" or "retry", got ${show(value)}`);
  },
  maxAttempts: number(
    "maxAttempts",
    "an integer, 1 or more, or Infinity",
    (n) => n >= 1 && (Number.isInteger(n) || n === Infinity),
  ),
  retryDelay(value) {
    if (typeof value === "function") return (attempt: number) => checkDelay(value(attempt));
    const delay = checkDelay(value);
    return () => delay;
  },
  timeout: number("timeout", "a number of ms, 0 or more, or Infinity", (n) => n >= 0),
  signal: is("signal", "an AbortSignal", (value) => value instanceof AbortSignal),
  autoExtend: is("autoExtend", "true or false", (value) => typeof value === "boolean"),
  maxHold: number("maxHold", "a number of ms above 0, or Infinity", (n) => n > 0),
  waitReplicas: number("waitReplicas", "an integer, 0 or more", (n) => Number.isSafeInteger(n) && n >= 0),
  label: checkLabel,
  maxAhead: number(
    "maxAhead",
    "an integer, 0 or more, or Infinity",
    (n) => n >= 0 && (Number.isSafeInteger(n) || n === Infinity),
  ),
};

/** The abilities of a driver that options need. */
interface Abilities {
  readonly canQueue: boolean;
  readonly canReplicate: boolean;
}

export const defaultsFor = ({ canQueue }: Abilities): ResolvedOptions => ({
  ttl: 30_000,
  wait: canQueue ? "queue" : "retry",
  maxAttempts: 3,
  retryDelay: () => 100,
  timeout: 5_000,
  signal: undefined,
  autoExtend: false,
  maxHold: Infinity,
  waitReplicas: 0,
  label: undefined,
  maxAhead: Infinity,
});

/** The one place for validation: returns `base` with the options in `given`. Throws `TypeError` or `RangeError`. */
export function resolveOptions(abilities: Abilities, base: ResolvedOptions, given?: LockOptions): ResolvedOptions {
  if (given === undefined) return base;
  if (typeof given !== "object" || given === null) throw new TypeError(`options must be an object, got ${show(given)}`);
  const options: Record<string, unknown> = { ...base };
  if (given.maxAttempts !== undefined || given.retryDelay !== undefined) {
    if (given.wait === "queue") throw new RangeError('maxAttempts and retryDelay must be left out with wait: "queue"');
    options.wait = "retry";
  }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(checks, name)) {
      throw new TypeError(`unknown option ${show(name)}; there are ${Object.keys(checks).join(", ")}`);
    }
    if (value !== undefined) options[name] = checks[name as keyof LockOptions](value);
  }
  const resolved = options as unknown as ResolvedOptions;
  assertAble(abilities, resolved);
  if (given.maxAhead !== undefined && resolved.wait !== "queue") {
    throw new RangeError('maxAhead must be left out with wait: "retry": a waiter has no place then');
  }
  return resolved;
}

/** Throws `RangeError` for options that the driver does not support. */
function assertAble({ canQueue, canReplicate }: Abilities, { wait, waitReplicas }: ResolvedOptions): void {
  if (waitReplicas !== 0 && !canReplicate) {
    throw new RangeError("waitReplicas must be 0: this driver does not support it");
  }
  if (wait === "queue" && !canQueue) {
    throw new RangeError('wait: "queue" needs a driver that can subscribe: use wait: "retry"');
  }
}

/**
 * Throws `TypeError` or `RangeError` for options that no locker takes. `waitReplicas` and `wait` are checked as for a driver that
 * can do all that there is.
 */
export function checkLockOptions(options: LockOptions): void {
  const abilities = { canQueue: true, canReplicate: true };
  resolveOptions(abilities, defaultsFor(abilities), options);
}
