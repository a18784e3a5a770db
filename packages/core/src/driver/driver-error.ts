/**
 * The error with which a driver rejects when it knows more than that a call failed. Any other error of a driver means: nobody
 * knows what happened, and the call may be sent again.
 */
export class DriverError extends Error {
  override readonly name = "DriverError";
  /** False if the call is pointless to repeat, as retrying cannot fix the reason. Waits then end with this error at once. */
  readonly retryable: boolean;
  /** What users can do about it. It becomes a part of the message that they see. */
  readonly advice: string | undefined;

  constructor(
    message: string,
    {
      retryable,
      advice,
      cause,
    }: { readonly retryable: boolean; readonly advice?: string | undefined; readonly cause?: unknown },
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.retryable = retryable;
    this.advice = advice;
  }

  /** True for any `DriverError`, even one created by another copy of this package. */
  static is(value: unknown): value is DriverError {
    return value instanceof Error && value.name === "DriverError" && "retryable" in value;
  }
}
