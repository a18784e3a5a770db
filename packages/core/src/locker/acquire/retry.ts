// Tested by packages/core/test/strategies.test.ts, packages/core/test/locker.test.ts
import { ANSWER_TIMEOUT } from "../../driver/with-timeout";
import type { Grant } from "../grant";
import type { ResolvedOptions } from "../options";
import type { Candidate } from "./candidate";
import { jittered } from "./pause";
import { proceed } from "./proceed";
import type { WaitEvent } from "./wait-event";

/** The options of a call that asks once, without waiting: it takes as long as the reply does. */
export const oneAttempt = (options: ResolvedOptions): ResolvedOptions => ({
  ...options,
  wait: "retry",
  maxAttempts: 1,
  timeout: ANSWER_TIMEOUT,
});

/** Asks, pauses, asks again, at most `maxAttempts` times. */
export function retry(candidate: Candidate, event: WaitEvent): Grant | undefined {
  const { diagnosis, options } = candidate;
  const isLast = diagnosis.countedAttempts >= options.maxAttempts;
  switch (event.status) {
    case "held":
      candidate.contended(event);
      if (isLast) throw diagnosis.notAcquired();
      pause(candidate, "none");
      break;
    case "failed":
      diagnosis.failed(event.error, isLast);
      pause(candidate, "some");
      break;
    case "unanswered":
      if (isLast) throw diagnosis.noAnswer();
      return proceed(candidate, event);
    default:
      return proceed(candidate, event);
  }
  return undefined;
}

/** A call outside the queues holds nothing while it pauses: it gives up any keys that it may have. */
function pause(candidate: Candidate, mayHave: "none" | "some"): void {
  const { diagnosis, keys, options } = candidate;
  if (keys.length > 1) candidate.replaceToken(mayHave);
  candidate.sendAfter(jittered(options.retryDelay(diagnosis.attempts)));
}
