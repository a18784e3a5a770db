import type { Check } from "./digest";

/** From the last look of the library to the first one of its caller, on a busy machine. */
const DELAY = 20;

/** No rejection stays unhandled, no error is unknown, no process ends by itself, and no lock is granted after its lease ended. */
export const conduct: Check = function* ({ of, holdings }) {
  for (const { why } of of("wrong")) yield why;
  for (const { at, id, key, worker, boundAt } of holdings.values()) {
    const end = boundAt(at);
    const late = at - end;
    // The process may have stood still for another lock, after the library had looked at this one.
    const hasStood = of("stalled").some(
      (one) => one.worker === worker && one.id !== id && one.from < at && one.at > end,
    );
    if (late > DELAY && !hasStood)
      yield `${worker} was granted ${key} ${late.toFixed(0)} ms after its lease ended (${id})`;
  }
  const healedAt = of("healed")[0]?.at ?? Number.POSITIVE_INFINITY;
  const healthy = new Map(
    of("calls")
      .filter(({ at }) => at > healedAt)
      .map((call) => [`${call.worker} ${call.call}`, call]),
  );
  for (const { worker, call, why } of of("refused")) {
    const called = healthy.get(`${worker} ${call}`);
    if (called && why === "LOCK_BACKEND") yield `${worker} met an outage of ${called.key} when there was none`;
  }
};
