import type { Check, Digest } from "../../faults/check/digest";
import { tokenOf } from "./calm";

/** How long after a loss the server may still be seen to keep the lock, in ms, if nobody sent a release. */
const SEEN = 200;

/**
 * A process that learns that the server has granted it a lock which it no longer wants sends a release: whether a late reply says so
 * or a message, or whether it has lost the lock itself. Excused: a process that is gone, and a lock that a late copy of a request
 * got later.
 */
export const kept: Check = function* (digest) {
  const { of, holdings } = digest;
  const releases = timesOf(of("sent").filter(({ verb }) => verb === "release"));
  const left = timesOf(of("leaves"));
  const losses = new Map(of("lost").map(({ id, at }) => [id, at]));
  /** When a token first learned that it was queued: its process passes a grant on only if it knew that. */
  const queued = new Map<string, number>();
  for (const { id, reply, at } of of("answered")) if (reply === "queued" && !queued.has(id)) queued.set(id, at);
  /** A call that has asked again reads no reply to an earlier request, so it may not know that it is queued. */
  const repeated = new Set(
    of("sent").flatMap(({ verb, id, open }) => (verb === "acquire" && open > 0 ? [tokenOf(id)] : [])),
  );
  const minted = new Map<string, { at: number; fence: number }[]>();
  for (const { id, at, fence } of of("minted")) minted.set(id, [...(minted.get(id) ?? []), { at, fence }]);
  const deaths = new Map(of("killed").map(({ worker, at }) => [worker, at]));
  const closedAt = new Map(
    of("refused").flatMap(({ worker, why, at }) => (why === "LOCKER_CLOSED" ? [[worker, at] as const] : [])),
  );
  const opened = new Map<string, number[]>();
  for (const { worker, at } of of("listens")) opened.set(worker, [...(opened.get(worker) ?? []), at]);
  const told = new Set<string>();

  const isOver = (id: string, at: number): boolean =>
    (releases.get(id)?.[0] ?? Number.POSITIVE_INFINITY) < at || (losses.get(id) ?? Number.POSITIVE_INFINITY) < at;

  /** Whether a release was sent at that time or later, or had ended this grant already. */
  function isFreed(id: string, grantedAt: number, at: number): boolean {
    return (
      (releases.get(id) ?? []).some((time) => time >= at) || (left.get(id) ?? []).some((time) => time >= grantedAt)
    );
  }

  const isGone = (worker: string, at: number): boolean => (deaths.get(worker) ?? Number.POSITIVE_INFINITY) <= at + 1;

  for (const { worker, id, reply, at } of of("answered")) {
    const grant = minted.get(id)?.findLast((one) => one.at <= at);
    if (reply !== "granted" || grant === undefined || holdings.has(id) || !isOver(id, at) || told.has(id)) continue;
    if (repeated.has(tokenOf(id))) continue;
    if (isGone(worker, at) || isFreed(id, grant.at, at)) continue;
    told.add(id);
    yield `${worker} read at ${at.toFixed(0)} that it was granted a lock which it had given up, and kept it (${id})`;
  }
  for (const { worker, id, fence = 0, at } of of("pushed")) {
    const grant = minted.get(id)?.find((one) => one.fence === fence);
    const knewAt = queued.get(id);
    if (knewAt === undefined || repeated.has(tokenOf(id)) || isOver(id, knewAt)) continue;
    // A process without a listener, or with a closed locker, remembers no tokens.
    if ((closedAt.get(worker) ?? Number.POSITIVE_INFINITY) < at) continue;
    if ((opened.get(worker) ?? []).some((time) => time < at && isOver(id, time))) continue;
    if (!isOver(id, at) || grant === undefined || told.has(id)) continue;
    if (fence <= (holdings.get(id)?.fence ?? 0) || isGone(worker, at) || isFreed(id, grant.at, at)) continue;
    told.add(id);
    yield `${worker} learnt at ${at.toFixed(0)} of a grant which it no longer wanted, and kept it (${id})`;
  }
  yield* keptAfterLoss(digest, (id, at) => isFreed(id, at, at), isGone);
};

function* keptAfterLoss(
  { of, holdings }: Digest,
  isFreed: (id: string, at: number) => boolean,
  isGone: (worker: string, at: number) => boolean,
): Iterable<string> {
  const minted = new Map(of("minted").map(({ id, at }) => [id, at]));
  // The server itself said that the token did not have the lock. It may have found the lock again in an older state.
  const denied = new Set(of("denied").map(({ id }) => id));
  const open = new Map<string, { worker: string; at: number }>();
  for (const { id, worker, at, lostAt } of holdings.values())
    if (
      lostAt !== undefined &&
      !denied.has(id) &&
      !isFreed(id, at) &&
      !isGone(worker, lostAt) &&
      (minted.get(id) ?? 0) <= lostAt
    )
      open.set(id, { worker, at: lostAt });
  for (const { at, keys } of open.size > 0 ? of("seen") : []) {
    for (const [key, { id }] of Object.entries(keys)) {
      const lost = id === null ? undefined : open.get(id);
      if (lost === undefined || at < lost.at + SEEN) continue;
      open.delete(id!);
      yield `${lost.worker} lost ${key} at ${lost.at.toFixed(0)}, and left it to the end of its lease (${id})`;
    }
  }
}

function timesOf(events: readonly { readonly id: string; readonly at: number }[]): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const { id, at } of events) {
    const known = times.get(id);
    if (known) known.push(at);
    else times.set(id, [at]);
  }
  return times;
}
