const marker = Symbol.for("distlock.staleTurn");

/**
 * A turn that has ended, or whose lock was lost, called its memory, or a memory was called with a fence that a newer turn has
 * overtaken: the call was refused, and nothing was written.
 */
export class StaleTurnError extends Error {
  readonly code = "STALE_TURN";
  override readonly name = "StaleTurnError";
  /** The key of the turn's lock. */
  readonly key: string;
  /** What was refused did not happen, so a new turn may try again. */
  readonly applied = false;
  /** @internal */
  readonly [marker] = true;

  constructor(key: string, why: string, cause?: unknown) {
    super(
      `the turn of ${JSON.stringify(key)} is over: ${why}; nothing was written`,
      cause === undefined ? undefined : { cause },
    );
    this.key = key;
    Object.defineProperty(this, marker, { enumerable: false });
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is StaleTurnError {
    return typeof value === "object" && value !== null && marker in value;
  }
}
