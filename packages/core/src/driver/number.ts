// Tested by packages/core/test/options.test.ts
/** Returns a value as an error message shows it. */
export const show = (value: unknown): string =>
  typeof value === "function" ? "a function" : typeof value === "string" ? JSON.stringify(value) : String(value);

/** Returns a check of an option. The check returns the number, or throws `TypeError` or `RangeError` with the name and the bound. */
export const number =
  (name: string, bound: string, fits: (n: number) => boolean) =>
  (value: unknown): number => {
    if (typeof value !== "number") throw new TypeError(`${name} must be ${bound}, got ${show(value)}`);
    if (!fits(value)) throw new RangeError(`${name} must be ${bound}, got ${value}`);
    return value;
  };
