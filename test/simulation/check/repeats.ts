import { ANSWER_TIMEOUT } from "../../../packages/core/src/driver/with-timeout";
import type { Check, Kind } from "../../faults/check/digest";
import type { Event } from "../../faults/event";
import { stallsOf, tokenOf } from "./calm";

/** How late the second request may be, in ms: clocks of processes differ, and timers are late. */
const SLACK = 200;

const ends: ReadonlySet<Event["what"]> = new Set(["sent", "answered", "failed", "denied", "granted"] as const);
const isOfCall = ({ verb }: Kind<"sent">): boolean => verb === "acquire" || verb === "release";

/**
 * The first request of a waiter is sent again if it has no reply, so that a call without a timeout does not wait without end. Excused: a process that
 * stands still or is gone.
 */
export const repeats: Check = function* (digest) {
  const { history, of } = digest;
  const hasStood = stallsOf(digest);
  const waiting = new Map(of("asks").flatMap(({ id, waits, at }) => (waits ? [[tokenOf(id), at] as const] : [])));
  const killed = new Map(of("killed").map(({ worker, at }) => [worker, at]));
  /** The requests that began a silence. */
  const open = new Map<string, { readonly worker: string; readonly at: number }>();

  for (const event of history) {
    if (event.what === "sent" && event.verb === "acquire" && event.open === 0) open.set(tokenOf(event.id), event);
    else if (ends.has(event.what) && "id" in event && (event.what !== "sent" || isOfCall(event)))
      open.delete(tokenOf(event.id));
    if (event.what !== "seen") continue;
    for (const [id, { worker, at }] of open) {
      if (event.at - at < ANSWER_TIMEOUT + SLACK) break;
      open.delete(id);
      const isGone = (killed.get(worker) ?? Number.POSITIVE_INFINITY) < event.at;
      if (waiting.get(id) === at && !isGone && !hasStood(worker, at, event.at))
        yield `${worker} had no reply for ${id} from ${at.toFixed(0)} on, and did not ask again`;
    }
  }
};
