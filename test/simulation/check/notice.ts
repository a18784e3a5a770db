import { LONGEST_INTERVAL } from "../../../packages/core/src/locker/queue/line";
import { OVERDUE } from "../../../packages/core/src/locker/queue/message-watch";
import type { Check, Digest, Kind } from "../../faults/check/digest";
import type { Event } from "../../faults/event";
import { calmSince, severalOf, stallsOf } from "./calm";

/** How long a message or a request and its reply may take, in ms, with the turns of an event loop that they need. */
const SOON = 100;
/** How long a heartbeat and its reply may take: many lines are sent in parts. */
const NEXT_BEAT = LONGEST_INTERVAL + 100;

/** The state of the listener of a process. */
interface Ears {
  openedAt: number;
  isDeaf: boolean;
  /** Whether a message came since it opened. A listener that stays deaf is replaced at growing intervals. */
  hasHeard: boolean;
  /** When grants were found by heartbeats since the last message. */
  missed: number[];
}

/**
 * A waiter goes on at once when it is granted the lock: its process receives the message, or finds it as soon as its listener is open.
 * A lost message costs one heartbeat; a listener that receives nothing is replaced. A holder that is forced out learns so at once.
 * Excused: everything before the end of the faults, unless they disturb no command and no message; a lock that the server lost
 * before its waiter learned of it; a process that stands still.
 */
export const notice: Check = function* (digest) {
  const calm = calmSince(digest);
  const hasStood = stallsOf(digest);
  const noticedAt = noticesOf(digest);
  const ears = new Map<string, Ears>();
  const newEars = (): Ears => ({ openedAt: 0, isDeaf: false, hasHeard: false, missed: [] });
  const steps = digest.of("strayed").map(({ at }) => at);
  const answers = new Map<string, number>();
  const heard = new Map(digest.of("pushed").map(({ id, at }) => [id, at]));
  const askers = new Map(digest.of("asks").map(({ id, worker }) => [id, worker]));
  const isSeveral = severalOf(digest);
  const ousts = new Map(digest.of("ousted").map(({ id, at }) => [id, at]));

  function earsOf(worker: string): Ears {
    const known = ears.get(worker) ?? newEars();
    ears.set(worker, known);
    return known;
  }

  function note(event: Event): void {
    if (event.what === "listens") Object.assign(earsOf(event.worker), { ...newEars(), openedAt: event.at });
    else if (event.what === "deafened") earsOf(event.worker).isDeaf = true;
    else if (event.what === "pushed" || event.what === "ousted")
      Object.assign(earsOf(event.worker), { hasHeard: true, missed: [] });
    else if (event.what === "answered" && event.reply === "queued") answers.set(event.id, event.sent);
  }

  /** A step of the server's clock makes messages void until the next reply. */
  const isVoid = (id: string, at: number): boolean =>
    steps.some((step) => step <= at && (answers.get(id) ?? 0) <= step && at - step < NEXT_BEAT);

  for (const event of digest.history) {
    note(event);
    if (event.what === "forced" && event.at >= calm) yield* forced(event);
    if (event.what !== "minted" || event.how !== "handed" || event.at < calm) continue;
    const found = noticedAt(event);
    const worker = askers.get(event.id);
    if (found === undefined || worker === undefined || isSeveral(event.id)) continue;
    const isGone = digest
      .of("forgot")
      .some(({ at, key = event.key }) => key === event.key && at >= event.at && at < found);
    if (!isGone && !hasStood(worker, event.at - SOON, found)) yield* late(event, worker, found);
  }

  function* late({ id, key, at, heard: isOpen }: Kind<"minted">, worker: string, found: number): Iterable<string> {
    const own = earsOf(worker);
    const hears = isOpen && !own.isDeaf && !isVoid(id, at);
    const opened = digest.of("listens").find((one) => one.worker === worker && one.at > at)?.at ?? found;
    const soonest = hears ? at : Math.min(opened, at + NEXT_BEAT);
    if (found - soonest > SOON) {
      yield `${worker} learned ${(found - at).toFixed(0)} ms late at ${at.toFixed(0)} that it was granted ${key} (${id})`;
      return;
    }
    // Only a grant that a heartbeat found is a sign of a deaf listener.
    if (!own.isDeaf || heard.has(id) || found - at < SOON || digest.holdings.get(id)?.at !== found) return;
    const [first, second] = own.missed;
    if (own.hasHeard && second !== undefined && second - first! > OVERDUE + SOON && at > second + SOON)
      yield `${worker} kept a listener that receives nothing at ${at.toFixed(0)} (${id})`;
    own.missed.push(found);
  }

  function* forced({ id, key, at, heard: isOpen }: Kind<"forced">): Iterable<string> {
    const worker = askers.get(id);
    if (worker === undefined || !isOpen || earsOf(worker).isDeaf || hasStood(worker, at - SOON, at + SOON)) return;
    const isGone = digest.of("killed").some((one) => one.worker === worker && one.at < at + SOON);
    if (!isGone && !((ousts.get(id) ?? Number.POSITIVE_INFINITY) < at + SOON))
      yield `${worker} was not notified that it was forced out of ${key} at ${at.toFixed(0)} (${id})`;
  }
};

/** When a process went on after a grant: it used the lock, or gave it up. `undefined` if it ended before that. */
function noticesOf({ of, holdings }: Digest): (minted: Kind<"minted">) => number | undefined {
  const released = new Map<string, number[]>();
  for (const { verb, id, at } of of("sent"))
    if (verb === "release") released.set(id, [...(released.get(id) ?? []), at]);
  return ({ id, at }) => {
    const held = holdings.get(id)?.at ?? Number.POSITIVE_INFINITY;
    const freed = released.get(id) ?? [];
    // A token that was given up before the grant is the business of another rule.
    if (held < at || freed.some((time) => time <= at)) return undefined;
    const found = Math.min(held, ...freed);
    return Number.isFinite(found) ? found : undefined;
  };
}
