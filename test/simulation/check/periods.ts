import type { Check, Digest, Kind } from "../../faults/check/digest";
import { DRIFT } from "../engine/machine-clock";

/** Allows for rounding, in ms. */
const SLACK = 2;

/**
 * After good work no token is granted the key before the period is over: it counts from the grant. The end of the work is sent until
 * it is answered or refused, or the lease is over. Excused: a server that lost the lock. Work that failed and frees its key ends no
 * period.
 */
export const periods: Check = function* (digest) {
  const minted = new Map<string, Kind<"minted">[]>();
  for (const one of digest.of("minted")) minted.set(one.key, [...(minted.get(one.key) ?? []), one]);
  const refused = new Set(
    digest.of("failed").flatMap(({ verb, final, id }) => (verb === "transfer" && final ? [id] : [])),
  );
  const lost = [...digest.of("strayed"), ...digest.of("forgot")];

  for (const worked of digest.of("worked")) {
    const { id, key, per, at, worker, isKept } = worked;
    const grants = minted.get(key) ?? [];
    const first = grants.findIndex((one) => one.id === id);
    if (first < 0 || !isKept || refused.has(id)) continue;
    const since = grants[first]!.at;
    const end = since + per * (1 - 2 * DRIFT) - SLACK;
    const wasLost = (until: number) =>
      lost.some((one) => (one.key ?? key) === key && one.at >= since && one.at <= until);
    const later = grants.slice(first + 1).filter((one) => one.id !== id);
    const isMoved = later[0]?.how === "transferred";
    const next = isMoved ? later[1] : later[0];
    if (next !== undefined && next.at < end && !wasLost(next.at) && (isMoved || isHeldAt(digest, id, next.at)))
      yield `${next.id} was granted ${key} ${(end - next.at).toFixed(0)} ms before the period of ${worker} was over (${id})`;
    if (!isMoved && at < end && isHeldAt(digest, id, at + SLACK) && !wasLost(at))
      yield `${worker} ended its job of ${key} ${(end - at).toFixed(0)} ms before its period, and kept nothing (${id})`;
  }
};

/** Whether the lease that the work had was certainly not over. */
const isHeldAt = ({ holdings }: Digest, id: string, time: number): boolean =>
  time < (holdings.get(id)?.promisedAt(time) ?? 0);
