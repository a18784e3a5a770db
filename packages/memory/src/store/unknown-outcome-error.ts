const marker = Symbol.for("distlock.unknownOutcome");

/**
 * A write of which nobody knows whether it was done: it was sent, and there was no answer that says so. Load, and look; or
 * write again what has an `idempotencyKey`, which is done once.
 */
export class UnknownOutcomeError extends Error {
  readonly code = "UNKNOWN_OUTCOME";
  override readonly name = "UnknownOutcomeError";
  /** The key of the conversation's lock. */
  readonly key: string;
  /** It may have been done, and it may still be. */
  readonly applied = "unknown";
  /** @internal */
  readonly [marker] = true;

  constructor(key: string, why: string, cause?: unknown) {
    super(
      `it is not known whether a write to ${JSON.stringify(key)} was done: ${why}`,
      cause === undefined ? undefined : { cause },
    );
    this.key = key;
    Object.defineProperty(this, marker, { enumerable: false });
  }

  /** Whether a value is such an error, also one of another copy of this package. */
  static is(value: unknown): value is UnknownOutcomeError {
    return typeof value === "object" && value !== null && marker in value;
  }
}
