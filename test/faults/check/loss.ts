import { callsOf } from "./calls-of";
import type { Check } from "./digest";

/** How late a timer may be on a busy machine, when the event loop turns. */
const LATE = 10;
const EARLY = 10;
/** A loss is recorded at a look: an answer that came so shortly before the look may have come after the loss. */
const NOTICE = 30;

/**
 * A loss is signalled by the deadline at the latest (as soon as the event loop turns), and not before it, unless Redis lost
 * the lock.
 */
export const loss: Check = function* ({ of, holdings }) {
  const suspects = new Set<string>();
  const told = new Set<string>();
  const wakings = new Set(of("stalled").map(({ worker, at }) => `${worker} ${Math.round(at)}`));
  for (const { at, worker, unwarned, turned } of of("looks")) {
    if (!turned) continue;
    // A process that stood still since the last look runs its timers before the turn ends.
    if (wakings.has(`${worker} ${Math.round(at)}`)) for (const id of unwarned) suspects.delete(id);
    for (const id of unwarned) {
      const holding = holdings.get(id)!;
      const late = at - holding.boundAt(at);
      // Between two such looks the event loop turned, and every timer that was due has run.
      if (late > LATE && suspects.has(id) && !told.has(id)) {
        told.add(id);
        yield `${holding.worker} was not notified of the loss of ${holding.key} ${late.toFixed(0)} ms after its lease ended (${id})`;
      }
      if (late > LATE) suspects.add(id);
    }
  }
  for (const parts of callsOf(holdings)) {
    const [{ id, key, worker, lostAt, remaining }] = parts;
    if (lostAt === undefined || remaining === 0 || parts.some(({ robbed }) => robbed)) continue;
    // A lock of several keys ends with the lease that ends first.
    const early = Math.min(...parts.map(({ promisedAt }) => promisedAt(lostAt - NOTICE))) - lostAt;
    if (early > EARLY) yield `${worker} was notified of the loss of ${key} ${early.toFixed(0)} ms too early (${id})`;
  }
};
