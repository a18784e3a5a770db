import { HEARTBEAT } from "../../../packages/core/src/driver/times";
import { PROBE } from "../../../packages/core/src/locker/queue/heartbeats";
import { GROWTH } from "../../../packages/core/src/locker/queue/line";
import type { Check } from "../../faults/check/digest";

/** Heartbeats of a silence before its pauses grow, and one for the end of a lease. */
const FIRST = 4;

/**
 * Heartbeats without a reply stay in the memory of the client, so their number is bounded: after the first ones each pause is a
 * multiple of the silence. Besides, there is a probe every few seconds, and one heartbeat for each listener that opens.
 */
export const thrift: Check = function* ({ of }) {
  const told = new Set<string>();
  for (const { verb, worker, id: key, open, since, at } of of("sent")) {
    const silence = at - since;
    if (verb !== "heartbeat" || open <= FIRST || told.has(`${worker} ${key}`)) continue;
    const opened = of("listens").filter((one) => one.worker === worker && one.at >= since && one.at <= at).length;
    const grown = Math.log(Math.max(1, silence / (2 * HEARTBEAT))) / Math.log(1 + GROWTH);
    const most = FIRST + 1 + grown + silence / PROBE + opened;
    if (open + 1 <= most) continue;
    told.add(`${worker} ${key}`);
    yield `${worker} sent ${open + 1} heartbeats for ${key} in ${silence.toFixed(0)} ms without a reply`;
  }
};
