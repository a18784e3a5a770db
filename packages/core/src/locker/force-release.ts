// Tested by packages/core/test/labels.test.ts, packages/testing/src/contract/calls.ts
import type { Driver } from "../driver/driver";
import { assertKey } from "../driver/keys";
import { kindOf } from "../driver/kind-of";
import { number, show } from "../driver/number";
import { isObserved, observed } from "../driver/observe/observed";
import type { ForceReleaseOperation, Open } from "../driver/observe/operation";
import { withDeadline } from "./with-deadline";

/** Which hold to free, and why. */
export interface ForceReleaseOptions {
  /**
   * Frees only the hold that has this fence, as `inspect` named it: a lock that was released, and taken by another, meanwhile is left
   * alone. A lock whose token no `Locker` made may have no fence of its own, so it is left alone, too. Default: any hold.
   */
  readonly fence?: number | undefined;
  /** Reaches the holder's `LockLostError`. At most 200 bytes of UTF-8. */
  readonly reason?: string | undefined;
}

const LONGEST_REASON = 200;

const checks: Readonly<Record<keyof ForceReleaseOptions, (value: unknown) => unknown>> = {
  fence: number("fence", "an integer above 0", (n) => Number.isSafeInteger(n) && n > 0),
  reason(value) {
    if (typeof value !== "string") throw new TypeError(`reason must be a string, got ${kindOf(value)}`);
    if (!value.isWellFormed())
      throw new TypeError("reason must be well-formed Unicode: it has half of a surrogate pair");
    const bytes = Buffer.byteLength(value);
    if (bytes > LONGEST_REASON) throw new RangeError(`reason must have at most ${LONGEST_REASON} bytes, got ${bytes}`);
    return value;
  },
};

/** Frees the lock, no matter who holds it. Resolves with whether it freed it. `owner` is the identity of the locker. */
export async function forceRelease(
  driver: Driver,
  key: string,
  options: ForceReleaseOptions = {},
  owner?: object,
): Promise<boolean> {
  assertKey(key);
  if (typeof options !== "object" || options === null)
    throw new TypeError(`options must be an object, got ${show(options)}`);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name))
      throw new TypeError(`unknown option ${show(name)}; there are ${Object.keys(checks).join(", ")}`);
    if (value !== undefined) checks[name as keyof ForceReleaseOptions](value);
  }
  const { fence, reason } = options;
  const free = () => withDeadline("forceRelease", key, () => driver.forceRelease({ key, fence, reason }));
  if (!isObserved("forceRelease")) return free();
  const operation: Open<ForceReleaseOperation> = {
    name: "forceRelease",
    keys: [key],
    fence,
    reason,
    outcome: "failed",
  };
  return observed(operation, free, {
    owner,
    done(freed) {
      operation.outcome = freed ? "freed" : "unchanged";
    },
  });
}
