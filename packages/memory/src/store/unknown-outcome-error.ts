const marker = Symbol.for("distlock.unknownOutcome");

/**
 * Nobody knows whether a write was done: it was sent, and no answer came that says so. Load and look, or
 * write again if the write has an `idempotencyKey`: it is then done once.
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

  /** True for any `UnknownOutcomeError`, even one created by another copy of this package. */
  static is(value: unknown): value is UnknownOutcomeError {
    return typeof value === "object" && value !== null && marker in value;
  }
}
