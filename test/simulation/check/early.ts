import { callsOf } from "../../faults/check/calls-of";
import type { Check } from "../../faults/check/digest";

/** Allows for rounding, for clocks that differ, and for the time that a request takes. */
const SLACK = 100;

/** After the faults, a lock is not lost before its ttl is over, even if it began with a claim. */
export const early: Check = function* ({ of, holdings }) {
  const healedAt = of("healed")[0]?.at ?? Number.POSITIVE_INFINITY;
  for (const parts of callsOf(holdings)) {
    const [{ at, lostAt, ttl, remaining, worker, key, id }] = parts;
    if (at < healedAt || lostAt === undefined || ttl === undefined || remaining === 0) continue;
    if (parts.some(({ robbed }) => robbed)) continue;
    const missing = at + ttl * 0.98 - SLACK - lostAt;
    if (missing > 0)
      yield `${worker} lost ${key} ${missing.toFixed(0)} ms before its ttl was over, after the faults (${id})`;
  }
};
