import { CLAIM, HEARTBEAT } from "../../../packages/core/src/driver/times";
import type { Check } from "./digest";

/** For a busy machine. */
const SLACK = 2_000;
/** No ttl of a round is longer than the claim. */
const LIMIT = CLAIM + HEARTBEAT + SLACK;

/** When the faults are over, a key that nobody holds and somebody waits for is granted within ttl and heartbeat. */
export const liveness: Check = function* ({ of, holdings }) {
  const healedAt = of("healed")[0]?.at ?? Number.POSITIVE_INFINITY;
  const ends = new Map<string, number>();
  for (const { worker, call, at } of [...of("granted"), ...of("refused")]) ends.set(`${worker} ${call}`, at);
  const killed = new Map(of("killed").map(({ worker, at }) => [worker, at]));
  const waits = of("calls")
    .filter(({ queues }) => queues)
    .map(({ worker, call, key, at }) => {
      const end = ends.get(`${worker} ${call}`) ?? killed.get(worker) ?? Number.POSITIVE_INFINITY;
      return { key, from: at, to: end };
    });

  /** Since when nobody holds a key that somebody waits for. */
  const idle = new Map<string, number>();
  const told = new Set<string>();
  for (const { from, at, keys } of of("seen")) {
    if (from < healedAt) continue;
    for (const [key, { id }] of Object.entries(keys)) {
      const holding = id === null ? undefined : holdings.get(id);
      const isHeld = holding !== undefined && holding.at <= at && holding.endedAt >= from;
      const isWaited = waits.some((wait) => wait.key === key && wait.from <= from && at <= wait.to);
      if (isHeld || !isWaited) idle.delete(key);
      else if (!idle.has(key)) idle.set(key, at);
      const since = from - (idle.get(key) ?? from);
      if (since > LIMIT && !told.has(key)) {
        told.add(key);
        yield `${key} was waited for and held by nobody for more than ${LIMIT} ms`;
      }
    }
  }
};
