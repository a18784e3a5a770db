/** The value of an option that must be a safe integer. Throws `TypeError` or `RangeError` that names it and its bounds. */
export function integerOption(name: string, value: unknown, least: number): number {
  const bound = `${name} must be an integer from ${least} to ${Number.MAX_SAFE_INTEGER}`;
  if (typeof value !== "number") throw new TypeError(`${bound}, got ${typeof value}`);
  if (!Number.isSafeInteger(value) || value < least) throw new RangeError(`${bound}, got ${value}`);
  return value;
}
