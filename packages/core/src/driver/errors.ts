import { withoutCommand } from "./cause";

const marker = Symbol.for("distlock.error");

export type LockErrorCode = "LOCK_NOT_ACQUIRED" | "LOCK_LOST" | "LOCK_BACKEND" | "LOCKER_CLOSED";

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

/** Another holder had the lock for as long as the caller was ready to wait. */
export class LockNotAcquiredError extends LockError {
  readonly code = "LOCK_NOT_ACQUIRED";
  override readonly name = "LockNotAcquiredError";
  /** How many requests for the lock were sent. */
  readonly attempts: number;
  /** How long the caller waited, in ms. */
  readonly waited: number;

  constructor(
    key: string,
    { attempts, waited, queued = false }: { attempts: number; waited: number; queued?: boolean },
    holder = "held by another",
  ) {
    const ms = `${Math.round(waited)} ms`;
    const times = attempts === 1 ? "1 attempt" : `${attempts} attempts`;
    const how = queued ? `after ${ms} in its queue` : `after ${times} in ${ms}`;
    super(`failed to acquire lock ${quote(key)} ${how}: ${holder}`, key);
    this.attempts = attempts;
    this.waited = waited;
  }

  static override is(value: unknown): value is LockNotAcquiredError {
    return LockError.is(value) && value.code === "LOCK_NOT_ACQUIRED";
  }
}

/** The lease ended, or another holder has the lock, while this process believed that it held it. */
export class LockLostError extends LockError {
  readonly code = "LOCK_LOST";
  override readonly name = "LockLostError";

  constructor(key: string, why: string, cause?: unknown) {
    super(`lock not held by this instance: ${quote(key)}: ${why}`, key, cause);
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
