import { CLAIM, HEARTBEAT } from "../../../packages/core/src/driver/times";
import { type Check, group } from "./digest";

/** Allows for a busy machine. */
const SLACK = 2_000;
/** Unless the history says more, no lease of a round is longer than the claim. */
const LIMIT = CLAIM + HEARTBEAT + SLACK;

/** When the faults are over, a free key that has waiters is granted within ttl and heartbeat. */
export const liveness: Check = function* ({ of, holdings }) {
  const [healed] = of("healed");
  const healedAt = healed?.at ?? Number.POSITIVE_INFINITY;
  const limit = LIMIT + (healed?.patience ?? 0);
  const ends = new Map<string, number>();
  for (const { worker, call, at } of [...of("granted"), ...of("refused")]) ends.set(`${worker} ${call}`, at);
  const killed = new Map(of("killed").map(({ worker, at }) => [worker, at]));
  const calls = of("calls")
    .map(({ worker, call, key, queues, at }) => {
      const end = ends.get(`${worker} ${call}`) ?? killed.get(worker) ?? Number.POSITIVE_INFINITY;
      return { worker, key, queues, from: at, to: end };
    })
    .filter(({ to }) => to >= healedAt);
  const callsOf = group(calls, ({ key }) => key);
  const askedBy = new Map(of("asks").map(({ id, worker }) => [id, worker]));

  /** Whether a call has the key while it waits for another one: its token is there, and no lock was returned yet. */
  const isUnderWay = (id: string, key: string, time: number) =>
    callsOf
      .get(key)
      ?.some((call) => !call.queues && call.worker === askedBy.get(id) && call.from <= time && time <= call.to);

  /** Since when nobody holds a key that somebody waits for. */
  const idle = new Map<string, number>();
  const told = new Set<string>();
  for (const { from, at, keys } of of("seen")) {
    if (from < healedAt) continue;
    for (const [key, { id }] of Object.entries(keys)) {
      const holding = id === null ? undefined : holdings.get(id);
      const isHeld = holding !== undefined && holding.at <= at && holding.endedAt >= from;
      const isTaken = isHeld || (id !== null && isUnderWay(id, key, from));
      const isWaited = callsOf.get(key)?.some((call) => call.queues && call.from <= from && at <= call.to);
      if (isTaken || !isWaited) idle.delete(key);
      else if (!idle.has(key)) idle.set(key, at);
      const since = from - (idle.get(key) ?? from);
      if (since > limit && !told.has(key)) {
        told.add(key);
        yield `${key} was waited for and held by nobody for more than ${limit.toFixed(0)} ms from ${idle.get(key)!.toFixed(0)} on`;
      }
    }
  }
};
