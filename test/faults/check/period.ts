import type { Check } from "./digest";

/** Allows for rounding, in ms. */
const SLACK = 2;

/**
 * After good work no process is granted the key before the period is over, unless Redis lost the lock. A fence is the server's time of
 * its grant in µs.
 */
export const period: Check = function* ({ of, holdings, byKey }) {
  const forgot = of("forgot");
  for (const { id, key, per, worker, isKept } of of("worked")) {
    const first = holdings.get(id)!;
    const next = byKey.get(key)?.find(({ fence }) => fence > first.fence);
    if (!isKept || next === undefined) continue;
    const early = per - SLACK - (next.fence - first.fence) / 1_000;
    const wasLost = forgot.some((one) => (one.key ?? key) === key && one.to >= first.calledAt && one.at <= next.at);
    if (early > 0 && !wasLost)
      yield `${next.worker} was granted ${key} ${early.toFixed(0)} ms before the period of ${worker} was over (${id}, ${next.id})`;
  }
};
