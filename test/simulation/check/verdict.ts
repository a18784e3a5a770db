import { FAILURE_PAUSE } from "../../../packages/core/src/locker/acquire/pause";
import type { Check } from "../../faults/check/digest";
import { stallsOf } from "./calm";

/** How long a call may take to end once a reply says that waiting is pointless, in ms. */
const SOON = 50;
const PAUSED = 1.5 * FAILURE_PAUSE + SOON;

/**
 * A wait without any reply ends as an outage and not as contention. A refusal that the server would only repeat ends the wait. A
 * lock is not believed in after the message that its holder was forced out. Excused: a process that stood still, so that it could
 * read no reply.
 */
export const verdict: Check = function* (digest) {
  const { of, holdings, history } = digest;
  const hasStood = stallsOf(digest);
  const calls = new Map(of("calls").map((call) => [`${call.worker} ${call.call}`, call]));
  const replies = [...of("answered"), ...of("denied")];
  const told = new Set<string>();

  for (const { worker, call: number, at, why } of of("refused")) {
    const call = calls.get(`${worker} ${number}`);
    if (!call?.queues || why !== "LOCK_NOT_ACQUIRED" || hasStood(worker, call.at, at)) continue;
    const isAnswered = replies.some(
      (one) => one.worker === worker && one.at >= call.at && one.at <= at && one.id.endsWith(`@${call.key}`),
    );
    if (!isAnswered)
      yield `${worker} learnt at ${at.toFixed(0)} that ${call.key} was held, though it had no reply (call ${number})`;
  }

  for (const { id, worker, final, verb, at } of of("failed")) {
    if (!final || verb !== "heartbeat" || told.has(id) || hasStood(worker, at, at + PAUSED)) continue;
    // A waiter whose request has failed as well asks again after a pause.
    const isNear = (time: number) => time >= at - SOON && time <= at + PAUSED;
    const isOver =
      isNear(holdings.get(id)?.at ?? 0) ||
      of("killed").some((one) => one.worker === worker && isNear(one.at)) ||
      of("sent").some((one) => one.id === id && isNear(one.at)) ||
      of("pushed").some((one) => one.id === id && isNear(one.at));
    told.add(id);
    if (!isOver) yield `${worker} waited on at ${at.toFixed(0)}, though its heartbeat was refused (${id})`;
  }

  const ousted = new Map<string, number>();
  for (const event of history) {
    if (event.what === "ousted" && (holdings.get(event.id)?.at ?? Number.POSITIVE_INFINITY) < event.at)
      ousted.set(event.id, event.at);
    if (event.what !== "looks") continue;
    for (const id of event.held) {
      if (!ousted.delete(id)) continue;
      yield `${event.worker} held ${id} at ${event.at.toFixed(0)}, after the message that it was forced out`;
    }
  }
};
