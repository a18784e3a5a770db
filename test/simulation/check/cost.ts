import { CLAIM } from "../../../packages/core/src/driver/times";
import { SOON } from "../../../packages/core/src/locker/queue/heartbeats";
import { SHORTEST_INTERVAL } from "../../../packages/core/src/locker/queue/line";
import type { Check, Digest, Kind } from "../../faults/check/digest";
import { calmSince, severalOf, stallsOf } from "./calm";

/** One to ask, and one when the message of the grant is not enough: replicas have to acknowledge it. */
const ACQUIRES = 2;
/** One to free the lock or to leave the queue, and one when a late reply says that the token was granted after all. */
const RELEASES = 2;
/** One for the claim, and the extensions of a caller. */
const EXTENSIONS = 3;
/** The shortest time between two extensions, as a part of the ttl. Clocks and timers differ a little. */
const BETWEEN = 0.3;
/** The shortest pause between two heartbeats of a line, by any clock. */
const PAUSE = (SHORTEST_INTERVAL - SOON) * 0.99;

/** How soon the end of a lease comes after a reply, at least, as a part of its ttl: it is extended after a third. */
const LOOK = 0.5;

/** What one token has cost. */
interface Bill {
  readonly key: string;
  readonly worker: string;
  readonly from: number;
  until: number;
  acquire: number;
  extend: number;
  release: number;
  pushes: number;
  handed: number;
  isExcused: boolean;
}

/**
 * What a lock costs when all is well: a request, a release, an extension for each third of the ttl, a heartbeat for each interval
 * of waiting and for each end of a lease, and one message for each hand-over. Excused: everything before the end of the faults
 * unless they disturb no command, and after it each token whose process stood still, whose commands failed, or whose lock or place
 * the server lost. Calls that retry have no such bound.
 */
export const cost: Check = function* (digest) {
  const bills = billsOf(digest);
  for (const [id, { worker, key, from, until, isExcused, ...bill }] of bills) {
    if (isExcused) continue;
    const holding = digest.holdings.get(id);
    const ttl = holding?.ttl ?? Number.POSITIVE_INFINITY;
    const extensions = EXTENSIONS + (holding ? Math.max(0, until - holding.at) / (BETWEEN * ttl) : 0);
    if (bill.acquire > ACQUIRES || bill.release > RELEASES || bill.extend > extensions)
      yield `${worker} sent ${bill.acquire} requests, ${bill.extend} extensions and ${bill.release} releases for ${id}`;
    if (bill.pushes > bill.handed)
      yield `${worker} received ${bill.pushes} messages for ${bill.handed} grants of ${id}`;
  }
  yield* heartbeats(digest, bills);
};

function billsOf(digest: Digest): Map<string, Bill> {
  const { of } = digest;
  const calm = calmSince(digest);
  const isSeveral = severalOf(digest);
  const hasStood = stallsOf(digest);
  const denied = new Set(of("denied").map(({ id }) => id));
  const failed = new Set(of("failed").map(({ id }) => id));
  const lost = [...of("strayed"), ...of("forgot")];
  const bills = new Map<string, Bill>();

  for (const { id, key, worker, at } of of("asks")) {
    if (at < calm || isSeveral(id) || denied.has(id) || failed.has(id)) continue;
    const none = { acquire: 0, extend: 0, release: 0, pushes: 0, handed: 0, isExcused: false };
    bills.set(id, { key, worker, from: at, until: at, ...none });
  }
  for (const { id, verb, at } of of("sent")) {
    const bill = bills.get(id);
    if (bill === undefined || verb === "heartbeat") continue;
    bill[verb]++;
    bill.until = at;
  }
  for (const { id } of of("pushed")) if (bills.has(id)) bills.get(id)!.pushes++;
  for (const { id, how } of of("minted")) if (how === "handed" && bills.has(id)) bills.get(id)!.handed++;
  for (const bill of bills.values()) {
    const { key, worker, from, until } = bill;
    const isHit = (event: Kind<"strayed" | "forgot">) =>
      (event.key ?? key) === key && event.at >= from && event.at <= until;
    bill.isExcused = hasStood(worker, from, until) || lost.some(isHit);
  }
  return bills;
}

/**
 * The heartbeats of each process for each key, while one of its tokens waits for it. The first waiter looks when the lease ends, as
 * the last reply said: a holder that extends a short lease makes it look as often.
 */
function* heartbeats({ of, holdings }: Digest, bills: ReadonlyMap<string, Bill>): Iterable<string> {
  const beats = of("sent").filter(({ verb }) => verb === "heartbeat");
  const minted = of("minted");
  const opened = of("listens");
  const shortest = Math.min(CLAIM, ...[...holdings.values()].map(({ ttl = CLAIM }) => ttl));
  for (const [id, { worker, key, from, until, isExcused }] of bills) {
    if (isExcused) continue;
    const end = holdings.get(id)?.at ?? until;
    const during = ({ at }: { readonly at: number }) => at >= from && at <= end;
    const isOwn = (one: { readonly worker: string }) => one.worker === worker;
    const sent = beats.filter((one) => one.id === key && isOwn(one) && during(one)).length;
    const leases = minted.filter((one) => one.key === key && during(one)).length;
    const looks = (end - from) / (LOOK * shortest);
    const most = 2 + looks + (end - from) / PAUSE + leases + opened.filter((one) => isOwn(one) && during(one)).length;
    if (sent > most)
      yield `${worker} sent ${sent} heartbeats for ${key} in ${(end - from).toFixed(0)} ms, during which ${id} waited`;
  }
}
