import { callsOf } from "../../faults/check/calls-of";
import type { Check } from "../../faults/check/digest";
import { calmSince, stallsOf } from "./calm";

/** Allows for rounding, for clocks that differ, and for the time that a request takes. */
const SLACK = 100;

/**
 * When nothing disturbs its commands, a lock is not lost before its ttl is over, even if it began with a claim.
 * Excused: a lock whose reply was read after a stall, because its lease had begun long before; a loss that a look found right after a stall, because a look cannot wait for the replies that have arrived.
 */
export const early: Check = function* (digest) {
  const { holdings } = digest;
  const calm = calmSince(digest);
  const hasStood = stallsOf(digest);
  const looked = new Set(digest.of("lost").flatMap(({ id, at, how }) => (how === "look" ? [`${id} ${at}`] : [])));
  for (const parts of callsOf(holdings)) {
    const [{ at, lostAt, ttl, remaining, worker, key, id }] = parts;
    if (at < calm || lostAt === undefined || ttl === undefined || remaining === 0) continue;
    if (parts.some(({ robbed }) => robbed)) continue;
    if (hasStood(worker, at, at)) continue;
    if (looked.has(`${id} ${lostAt}`) && hasStood(worker, lostAt, lostAt)) continue;
    const missing = at + ttl * 0.98 - SLACK - lostAt;
    if (missing > 0)
      yield `${worker} lost ${key} ${missing.toFixed(0)} ms before its ttl was over, when nothing disturbed it (${id})`;
  }
};
