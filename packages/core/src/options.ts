/** How a lock is waited for and held. Per locker and per call: the call wins. All times are in ms. */
export interface LockOptions {
  /** Length of the lease. Integer, 1 … 2^31−1. Default 30 000. */
  ttl?: number | undefined;
  /**
   * How `acquire` waits. `"queue"` (the default where the driver can be woken): in the order of arrival, woken by the release.
   * `"retry"` asks again from time to time; giving `maxAttempts` or `retryDelay` means that.
   */
  wait?: "queue" | "retry" | undefined;
  /** `"retry"`: attempts in all, 1 or more, `Infinity` allowed. Default 3. */
  maxAttempts?: number | undefined;
  /** `"retry"`: time between two attempts, or a function of the attempt (1, 2, …) that gives it; jittered by half. Default 100. */
  retryDelay?: number | ((attempt: number) => number) | undefined;
  /** Longest wait, never overshot. `0` is one attempt, `Infinity` allowed. Default 5 000. */
  timeout?: number | undefined;
  /** Ends the wait with `signal.reason`; once the lock is granted it has no effect. */
  signal?: AbortSignal | undefined;
  /** Keeps the lease alive until release. On in `withLock`, off in `acquire`. */
  autoExtend?: boolean | undefined;
  /** Cap on automatic extension, counted from the grant. Default `Infinity`. */
  maxHold?: number | undefined;
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
}

const MAX_TTL = 2 ** 31 - 1;

const defaults = Object.freeze({
  ttl: 30_000,
  maxAttempts: 3,
  retryDelay: 100,
  timeout: 5_000,
  autoExtend: false,
  maxHold: Number.POSITIVE_INFINITY,
});

const names = new Set([...Object.keys(defaults), "wait", "signal"]);

const show = (value: unknown): string =>
  typeof value === "function" ? "a function" : typeof value === "string" ? JSON.stringify(value) : String(value);

function number(name: string, value: unknown, bound: string, fits: (n: number) => boolean): number {
  if (typeof value !== "number") throw new TypeError(`${name} must be ${bound}, got ${show(value)}`);
  if (!fits(value)) throw new RangeError(`${name} must be ${bound}, got ${value}`);
  return value;
}

export const checkTtl = (ttl: unknown): number =>
  number("ttl", ttl, `an integer from 1 to ${MAX_TTL} (ms)`, (n) => Number.isInteger(n) && n >= 1 && n <= MAX_TTL);

const checkDelay = (delay: unknown): number =>
  number("retryDelay", delay, "a finite number of ms, 0 or more", (n) => n >= 0 && n < Number.POSITIVE_INFINITY);

/** The one place for defaults and validation. Later layers win; throws `TypeError` or `RangeError`. */
export function resolveOptions(canQueue: boolean, ...layers: readonly (LockOptions | undefined)[]): ResolvedOptions {
  const o: Record<string, unknown> = { ...defaults };
  let wait: unknown = canQueue ? "queue" : "retry";
  for (const layer of layers) {
    if (layer === undefined) continue;
    if (typeof layer !== "object" || layer === null)
      throw new TypeError(`options must be an object, got ${show(layer)}`);
    for (const [name, value] of Object.entries(layer)) {
      if (!names.has(name)) throw new TypeError(`unknown option ${show(name)}; there are ${[...names].join(", ")}`);
      if (value !== undefined) o[name] = value;
    }
    if (layer.wait !== undefined) wait = layer.wait;
    else if (layer.maxAttempts !== undefined || layer.retryDelay !== undefined) wait = "retry";
  }
  const { signal, autoExtend, retryDelay } = o;
  if (wait === "queue" && !canQueue) throw new RangeError('wait must be "retry": this driver can\'t be woken');
  if (wait !== "queue" && wait !== "retry") throw new RangeError(`wait must be "queue" or "retry", got ${show(wait)}`);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, got ${show(signal)}`);
  }
  if (typeof autoExtend !== "boolean") throw new TypeError(`autoExtend must be true or false, got ${show(autoExtend)}`);
  if (typeof retryDelay !== "function") checkDelay(retryDelay);
  return {
    ttl: checkTtl(o.ttl),
    wait,
    maxAttempts: number(
      "maxAttempts",
      o.maxAttempts,
      "an integer, 1 or more, or Infinity",
      (n) => n >= 1 && (Number.isInteger(n) || n === Number.POSITIVE_INFINITY),
    ),
    retryDelay: (attempt) => checkDelay(typeof retryDelay === "function" ? retryDelay(attempt) : retryDelay),
    timeout: number("timeout", o.timeout, "a number of ms, 0 or more, or Infinity", (n) => n >= 0),
    signal,
    autoExtend,
    maxHold: number("maxHold", o.maxHold, "a number of ms above 0, or Infinity", (n) => n > 0),
  };
}
