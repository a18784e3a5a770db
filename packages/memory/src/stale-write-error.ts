const marker = Symbol.for("distlock.memory.stale");

/**
 * A newer holder of the lock has read or written the conversation, or the lock is lost: what was asked for was not done, and
 * is not to be done again under this lock.
 */
export class StaleWriteError extends Error {
  override readonly name = "StaleWriteError";
  readonly code = "STALE_WRITE";
  /** Nothing was written. */
  readonly applied = false;
  /** @internal */
  readonly [marker] = true;

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    Object.defineProperty(this, marker, { enumerable: false });
  }

  /** Whether a value is such an error, also of another copy of this package. */
  static is(value: unknown): value is StaleWriteError {
    return typeof value === "object" && value !== null && marker in value;
  }
}
