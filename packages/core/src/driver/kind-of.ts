// Tested by packages/core/test/options.test.ts
const isThenable = (value: unknown): boolean =>
  typeof (value as { then?: unknown } | null | undefined)?.then === "function";

/** Describes a value for an error that refuses it. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (isThenable(value)) return "a promise: await it";
  if (Array.isArray(value)) return "an array";
  return typeof value;
}
