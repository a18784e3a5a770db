// Tested by packages/core/test/options.test.ts
import { number, show } from "./number";
import { FENCE_TTL } from "./times";

/** Options of a driver, for all of its locks. */
export interface DriverOptions {
  /**
   * How long the last fence of a key is remembered after its last grant or extension, in ms; never for less than the lease that was
   * granted or extended. (A heartbeat that prolongs a claim does not prolong the fence.) A fence costs about 200 bytes of memory until it is forgotten; later fences go on rising by the server's clock. Integer, from 0
   * to ten years. Default: a day.
   */
  fenceTtl?: number | undefined;
}

const TEN_YEARS = 315_360_000_000;

const checkFenceTtl = number(
  "fenceTtl",
  `an integer from 0 to ${TEN_YEARS} (ms)`,
  (n) => Number.isInteger(n) && n >= 0 && n <= TEN_YEARS,
);

/** Throws `TypeError` or `RangeError`. */
export function resolveFenceTtl(given: DriverOptions = {}): number {
  if (typeof given !== "object" || given === null) throw new TypeError(`options must be an object, got ${show(given)}`);
  for (const name of Object.keys(given)) {
    if (name !== "fenceTtl")
      throw new TypeError(`unknown option ${show(name)} of a driver; the only option is fenceTtl`);
  }
  return given.fenceTtl === undefined ? FENCE_TTL : checkFenceTtl(given.fenceTtl);
}
