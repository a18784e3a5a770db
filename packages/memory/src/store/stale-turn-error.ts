const marker = Symbol.for("distlock.staleTurn");

/**
 * A call that came too late was refused, and nothing was written: its turn has ended or has lost its lock, or a newer turn has
 * read or written, or it had no lock where others have one.
 */
export class StaleTurnError extends Error {
  readonly code = "STALE_TURN";
  override readonly name = "StaleTurnError";
  /** The key of the conversation's lock. */
  readonly key: string;
  /** The refused call changed nothing, so a new turn may try again. */
  readonly applied = false;
  /** @internal */
  readonly [marker] = true;

  constructor(key: string, why: string, cause?: unknown) {
    super(
      `a call of ${JSON.stringify(key)} was refused: ${why}; nothing was written`,
      cause === undefined ? undefined : { cause },
    );
    this.key = key;
    Object.defineProperty(this, marker, { enumerable: false });
  }

  /** True for any `StaleTurnError`, even one created by another copy of this package. */
  static is(value: unknown): value is StaleTurnError {
    return typeof value === "object" && value !== null && marker in value;
  }
}
