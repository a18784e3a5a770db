import { withoutCommand } from "./cause";
import type { Contention } from "./driver";
import type { Party } from "./party";

const marker = Symbol.for("distlock.error");

export type LockErrorCode = "LOCK_NOT_ACQUIRED" | "LOCK_LOST" | "LOCK_BACKEND" | "LOCKER_CLOSED" | "LOCK_OBSERVER";

const quote = (key: string): string => JSON.stringify(key.length > 200 ? `${key.slice(0, 200)}…` : key);

/** Every error of a locker. It has no token in it, nor has its `cause`: that is the client's error without the command that failed. */
export abstract class LockError extends Error {
  abstract readonly code: LockErrorCode;
  /** The key that the failed call was for. */
  readonly key: string;
  /** @internal */
  readonly [marker] = true;

  constructor(message: string, key: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause: withoutCommand(cause) });
    this.key = key;
    Object.defineProperty(this, marker, { enumerable: false });
  }

  /** True for any `LockError`, even one created by another copy of this package. On a subclass, only for that subclass. */
  static is(value: unknown): value is LockError {
    return typeof value === "object" && value !== null && marker in value;
  }
}

/** What a `LockNotAcquiredError` says of the wait. */
interface Refusal extends Contention {
  readonly attempts: number;
  readonly waited: number;
  readonly queued?: boolean;
  /** The holder, if it is known without its label. */
  readonly by?: string | undefined;
  /** The option, if so many waiters were too many. */
  readonly maxAhead?: number | undefined;
}

/** `held by "api-7" for 1.2 s, 3 waiters ahead`. A label may hold anything, so it is quoted. */
function contention({ holder, age, ahead = 0, by = "another", maxAhead }: Refusal): string {
  const label = holder?.label === undefined ? "" : JSON.stringify(holder.label);
  const name = by === "another" && label !== "" ? label : `${by}${label && ` (${label})`}`;
  const time = age === undefined ? "" : ` for ${(age / 1_000).toFixed(1)} s`;
  const others = ahead === 0 ? "" : `, ${ahead} ${ahead === 1 ? "waiter" : "waiters"} ahead`;
  return `held by ${name}${time}${others}${maxAhead === undefined ? "" : ` (maxAhead is ${maxAhead})`}`;
}

/** Another holder had the lock for as long as the caller was ready to wait, or too many others waited for it. */
export class LockNotAcquiredError extends LockError {
  readonly code = "LOCK_NOT_ACQUIRED";
  override readonly name = "LockNotAcquiredError";
  /** How many requests for the lock were sent. */
  readonly attempts: number;
  /** How long the caller waited, in ms. */
  readonly waited: number;
  /** The holder, according to the last reply about it. Its fields are absent for another library's lock. */
  readonly holder: Party | undefined;
  /** How long this holder had held the lock, in ms. */
  readonly age: number | undefined;
  /** What was left of the holder's lease when the call ended, in ms, unless the holder extended or released it since that reply. */
  readonly remaining: number | undefined;
  /** How many waiters were ahead of the call, according to the last reply about it. */
  readonly ahead: number | undefined;
  /** The option `maxAhead`, if so many were too many. */
  readonly maxAhead: number | undefined;

  constructor(key: string, refusal: Refusal, why = contention(refusal)) {
    const { attempts, waited, queued = false } = refusal;
    const ms = `${Math.round(waited)} ms`;
    const times = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
    const how = queued ? `after ${ms} in its queue` : `after ${times} in ${ms}`;
    super(`failed to acquire lock ${quote(key)} ${how}: ${why}`, key);
    this.attempts = attempts;
    this.waited = waited;
    this.holder = refusal.holder;
    this.age = refusal.age;
    this.remaining = refusal.remaining;
    this.ahead = refusal.ahead;
    this.maxAhead = refusal.maxAhead;
  }

  static override is(value: unknown): value is LockNotAcquiredError {
    return LockError.is(value) && value.code === "LOCK_NOT_ACQUIRED";
  }
}

/** The lease ended, or another holder has the lock, while this process believed that it held it. */
export class LockLostError extends LockError {
  readonly code = "LOCK_LOST";
  override readonly name = "LockLostError";
  /** The `reason` of the call of `forceRelease`. */
  readonly reason: string | undefined;

  constructor(key: string, why: string, cause?: unknown, reason?: string) {
    const said = reason === undefined ? "" : `: ${JSON.stringify(reason)}`;
    super(`lock not held by this instance: ${quote(key)}: ${why}${said}`, key, cause);
    this.reason = reason;
  }

  static override is(value: unknown): value is LockLostError {
    return LockError.is(value) && value.code === "LOCK_LOST";
  }
}

/** Redis did not answer, or refused. It is unknown what Redis did, unless the `cause` says so. */
export class LockBackendError extends LockError {
  readonly code = "LOCK_BACKEND";
  override readonly name = "LockBackendError";

  constructor(key: string, what: string, cause?: unknown) {
    super(`${what} (lock ${quote(key)})`, key, cause);
  }

  static override is(value: unknown): value is LockBackendError {
    return LockError.is(value) && value.code === "LOCK_BACKEND";
  }
}

/** The locker was closed, before the call or while it waited. */
export class LockerClosedError extends LockError {
  readonly code = "LOCKER_CLOSED";
  override readonly name = "LockerClosedError";

  constructor(key: string) {
    super(`the locker is closed (lock ${quote(key)})`, key);
  }

  static override is(value: unknown): value is LockerClosedError {
    return LockError.is(value) && value.code === "LOCKER_CLOSED";
  }
}

/** An observer threw: a warning, never the rejection of a call. Its `key` is empty. */
export class ObserverError extends LockError {
  readonly code = "LOCK_OBSERVER";
  override readonly name = "ObserverError";

  constructor(cause: unknown) {
    super("an observer threw, so what it records may be incomplete", "", cause);
  }
}
