// Tested by packages/core/test/options.test.ts
import { number, show } from "./number";

/** What holds for all locks of a driver. */
export interface DriverOptions {
  /**
   * How long the last fence of a key is remembered after its last grant or extension, in ms; never for less than the lease. What
   * is forgotten costs no memory (about 200 bytes a key), and fences go on rising by the server's clock. Integer, from 0 to ten
   * years. Default: a day.
   */
  fenceTtl?: number | undefined;
}

const DAY = 86_400_000;
const TEN_YEARS = 3_650 * DAY;

const checkFenceTtl = number(
  "fenceTtl",
  `an integer from 0 to ${TEN_YEARS} (ms)`,
  (n) => Number.isInteger(n) && n >= 0 && n <= TEN_YEARS,
);

/** Throws `TypeError` or `RangeError`. */
export function resolveFenceTtl(given: DriverOptions = {}): number {
  if (typeof given !== "object" || given === null) throw new TypeError(`options must be an object, got ${show(given)}`);
  for (const name of Object.keys(given)) {
    if (name !== "fenceTtl") throw new TypeError(`unknown option ${show(name)} of a driver; there is fenceTtl`);
  }
  return given.fenceTtl === undefined ? DAY : checkFenceTtl(given.fenceTtl);
}
