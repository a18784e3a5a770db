// Tested by packages/core/test/nesting.test.ts, test/holding/work.test.ts
/** A ttl below this one, in ms, is usually meant in seconds. */
const SHORT_TTL = 100;
let isAdvised = false;

/** Warns, once per process, of a lease that is extended many times a second. */
export function warnOfShortLease(ttl: number): void {
  if (ttl >= SHORT_TTL || isAdvised) return;
  isAdvised = true;
  const message = `a lease of ${ttl} ms is extended every ${Math.ceil(ttl / 3)} ms: ttl is in ms, not in seconds`;
  process.emitWarning(message, { type: "DistlockWarning", code: "SHORT_TTL" });
}
