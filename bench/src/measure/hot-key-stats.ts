import { max, mean, quantile, sum } from "simple-statistics";
import type { Grant } from "../worker/tasks";

export interface HotKeyStats {
  /** ms from the first request to the last counted release. */
  readonly total: number;
  /** The total over the time in which somebody held the lock: 1 would be hand-overs that take no time. */
  readonly overIdeal: number;
  /** ms from the release being sent until the next holder knows that it has the lock. */
  readonly handOverP50: number;
  readonly handOverP99: number;
  readonly waitP50: number;
  readonly waitP99: number;
  readonly longestWait: number;
  /** The longest wait over the wait of an ideal queue, where each waiter waits for one hold of every other. */
  readonly longestOverIdeal: number;
  /** Grants while somebody waited who had asked earlier, by more than `TOLERANCE`. */
  readonly inversions: number;
  /** Inversions by however little; they include requests that overtook each other on their way to the server. */
  readonly strictInversions: number;
  /** Grants before the holder had sent its release. */
  readonly overlaps: number;
  /** Jain's index of the grants of each process: 1 is all alike, 1/n is one process alone. */
  readonly fairness: number;
}

/** Requests of different processes within so many ms have no order that a queue could keep. */
const TOLERANCE = 10;

/** Grants that came before a grant that had been asked for earlier, by more than `tolerance`. */
function countInversions(granted: readonly Grant[], tolerance: number): number {
  let earliestLater = Number.POSITIVE_INFINITY;
  let inversions = 0;
  for (const { requested } of [...granted].reverse()) {
    if (earliestLater < requested - tolerance) inversions++;
    earliestLater = Math.min(earliestLater, requested);
  }
  return inversions;
}

/** `all` are the grants of a run. Only its first `counted` ones are judged: for these everybody still fought. */
export function hotKeyStats(all: readonly Grant[], counted: number, waiters: number, processes: number): HotKeyStats {
  const grants = [...all].sort((a, b) => a.granted - b.granted);
  const first = grants.slice(0, counted);
  const pairs = first.slice(1).map((next, i) => ({ next, before: first[i]! }));
  const handOvers = pairs
    .filter(({ next, before }) => next.requested < before.released)
    .map(({ next, before }) => next.granted - before.released);
  const waits = grants.map(({ requested, granted }) => granted - requested);
  const holds = first.map(({ granted, released }) => released - granted);
  const total = first.at(-1)!.released - Math.min(...first.map(({ requested }) => requested));
  const shares = Array.from({ length: processes }, (_, p) => first.filter(({ process }) => process === p).length);
  return {
    total,
    overIdeal: total / sum(holds),
    handOverP50: quantile(handOvers, 0.5),
    handOverP99: quantile(handOvers, 0.99),
    waitP50: quantile(waits, 0.5),
    waitP99: quantile(waits, 0.99),
    longestWait: max(waits),
    longestOverIdeal: max(waits) / ((waiters - 1) * mean(holds)),
    inversions: countInversions(first, TOLERANCE),
    strictInversions: countInversions(first, 0),
    overlaps: pairs.filter(({ next, before }) => next.granted < before.released).length,
    fairness: sum(shares) ** 2 / (processes * sum(shares.map((share) => share ** 2))),
  };
}
