import type { Check, Digest, Kind } from "../../faults/check/digest";

/** Two events of one turn of the event loop, after a stall, in ms. */
const SAME = 0.01;
/** A lease that ends so soon may have been over already, in ms. */
const SPARE = 5;

/**
 * After a stall of the event loop, the replies that have arrived count before a lease is over or a wait ends. Excused: a loss that a
 * look found, because a look cannot wait for replies.
 */
export const unread: Check = function* (digest) {
  const { of, holdings } = digest;
  const drift = of("began")[0]?.drift ?? 0;
  const ends = new Map<string, number[]>();
  for (const { worker, at } of of("stalled")) ends.set(worker, [...(ends.get(worker) ?? []), at]);
  /** Whether a process went on at that time after it had stood still. */
  const wakes = (worker: string, at: number) => (ends.get(worker) ?? []).some((end) => Math.abs(end - at) < SAME);
  const isGood = ({ reply, sent, ttl }: Kind<"answered">, at: number) =>
    (reply === "granted" || reply === "extended") && sent + ttl * (0.99 - drift) - 2 > at + SPARE;
  const read = readAt(digest);
  const looked = new Set(of("lost").flatMap(({ id, at, how }) => (how === "look" ? [`${id} ${at}`] : [])));

  for (const { worker, id, at, how } of of("lost")) {
    if (how !== "signal" || looked.has(`${id} ${at}`) || holdings.get(id)?.robbed !== false || !wakes(worker, at))
      continue;
    const isExtended = read(worker, at).some((answer) => answer.id === id && isGood(answer, at));
    if (isExtended) yield `${worker} lost ${id} before it read the reply that had arrived at ${at.toFixed(0)}`;
  }

  const given = new Map<string, number>();
  for (const { verb, id, at } of of("sent"))
    if (verb === "release") given.set(id, Math.min(at, given.get(id) ?? Number.POSITIVE_INFINITY));
  const asked = new Map(of("asks").map(({ id, at }) => [id, at]));
  const calls = new Map(of("calls").map((call) => [`${call.worker} ${call.call}`, call]));
  for (const { worker, call: number, at, why } of of("refused")) {
    const call = calls.get(`${worker} ${number}`);
    if (call === undefined || !/NOT_ACQUIRED|BACKEND/.test(why) || !wakes(worker, at)) continue;
    for (const answer of read(worker, at)) {
      const { id, key = id.slice(id.lastIndexOf("@") + 1) } = answer as { id: string; key?: string };
      const isOwn = key === call.key && (asked.get(id) ?? 0) >= call.at && !holdings.has(id);
      if (isOwn && call.queues && isGood(answer, at) && (given.get(id) ?? at) >= at - SAME)
        yield `${worker} gave up ${id} before it read the reply that had arrived at ${at.toFixed(0)}`;
    }
  }
};

/** The replies that a process read at a time. */
function readAt({ of }: Digest): (worker: string, at: number) => readonly Kind<"answered">[] {
  const byWorker = new Map<string, Kind<"answered">[]>();
  for (const answer of of("answered")) {
    const known = byWorker.get(answer.worker);
    if (known) known.push(answer);
    else byWorker.set(answer.worker, [answer]);
  }
  return (worker, at) => (byWorker.get(worker) ?? []).filter((one) => Math.abs(one.at - at) < SAME);
}
