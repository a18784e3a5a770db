// Tested by packages/core/test/locker.test.ts, packages/core/test/once.test.ts
import { kindOf } from "../driver/kind-of";

/** Throws `TypeError` if the last argument of a call is not a function. */
export function assertWork(call: string, work: unknown): void {
  if (typeof work === "function") return;
  throw new TypeError(`${call}: the last argument must be a function that takes the lock, got ${kindOf(work)}`);
}
