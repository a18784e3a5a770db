import type { WriteOptions } from "./memory";

/** Throws `TypeError` or `RangeError` for a bad fence or idempotency key. A memory calls it before all else. */
export function checkWrite({ fence, idempotencyKey }: WriteOptions): void {
  if (fence !== undefined && typeof fence !== "number")
    throw new TypeError(`fence must be a number, got ${typeof fence}`);
  if (fence !== undefined && !(Number.isSafeInteger(fence) && fence > 0)) {
    throw new RangeError(`fence must be a safe integer above 0, got ${fence}`);
  }
  if (idempotencyKey === undefined) return;
  if (typeof idempotencyKey !== "string") {
    throw new TypeError(`idempotencyKey must be a string, got ${typeof idempotencyKey}`);
  }
  if (idempotencyKey === "" || !idempotencyKey.isWellFormed()) {
    throw new RangeError("idempotencyKey must be well-formed Unicode, and not empty");
  }
}
