import { ANSWER_TIMEOUT } from "../../driver/within";
import type { Grant } from "../grant";
import type { ResolvedOptions } from "../options";
import type { Candidate, WaitEvent } from "./candidate";
import { jittered } from "./pause";

/** The options of a call that asks once, without waiting: it takes as long as the reply does. */
export const oneAttempt = (options: ResolvedOptions): ResolvedOptions => ({
  ...options,
  wait: "retry",
  maxAttempts: 1,
  timeout: ANSWER_TIMEOUT,
});

/**
 * Asks, pauses, asks again, at most `maxAttempts` times. A call that waits in no queue holds nothing while it pauses: of
 * several keys, those that it may have got are given up with their token.
 */
export function retry(candidate: Candidate, event: WaitEvent): Grant | undefined {
  const { diagnosis, keys, options } = candidate;
  const isSingleKey = keys.length === 1;
  const isLast = diagnosis.countedAttempts >= options.maxAttempts;
  switch (event.status) {
    case "granted":
      return candidate.granted(event);
    case "unreplicated":
      return candidate.unreplicated(event);
    case "held":
      diagnosis.contended("key" in event ? event.key : diagnosis.key);
      if (isLast) throw diagnosis.notAcquired();
      if (!isSingleKey) candidate.renew(false);
      pause(candidate);
      break;
    case "failed":
      candidate.failed(event.error, isLast);
      if (!isSingleKey) candidate.renew(true);
      pause(candidate);
      break;
    case "dead":
      candidate.renew(!isSingleKey);
      candidate.send();
      break;
    case "rested":
      candidate.send();
  }
  return undefined;
}

function pause(candidate: Candidate): void {
  const { diagnosis, options } = candidate;
  candidate.sendAfter(jittered(options.retryDelay(diagnosis.attempts)));
}
