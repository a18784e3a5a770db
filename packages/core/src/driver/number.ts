// Tested by packages/core/test/options.test.ts
/** A value as an error message shows it. */
export const show = (value: unknown): string =>
  typeof value === "function" ? "a function" : typeof value === "string" ? JSON.stringify(value) : String(value);

/** A check of an option: returns the number, or throws `TypeError` or `RangeError` with the name and the bound. */
export const number =
  (name: string, bound: string, fits: (n: number) => boolean) =>
  (value: unknown): number => {
    if (typeof value !== "number") throw new TypeError(`${name} must be ${bound}, got ${show(value)}`);
    if (!fits(value)) throw new RangeError(`${name} must be ${bound}, got ${value}`);
    return value;
  };
