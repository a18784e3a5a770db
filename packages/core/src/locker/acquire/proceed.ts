// Tested by packages/core/test/strategies.test.ts
import type { Grant } from "../grant";
import type { Candidate } from "./candidate";
import { FAILURE_PAUSE, jittered } from "./pause";
import type { WaitEvent } from "./wait-event";

/** What a call does about an event, unless its strategy decides otherwise. */
export function proceed(candidate: Candidate, event: WaitEvent): Grant | undefined {
  switch (event.status) {
    case "granted":
      return candidate.readGrant(event);
    case "unreplicated":
      throw event.error;
    case "held":
      // Our drivers reply so only to a request without a place, which `retry` sends. A driver for another store may have a
      // queue that takes no more waiters: it is asked again after a pause.
      candidate.contended(event);
      if (candidate.keys.length > 1) candidate.replaceToken("none");
      candidate.sendAfter(jittered(FAILURE_PAUSE));
      break;
    case "failed":
      candidate.diagnosis.failed(event.error, false);
      candidate.sendAfter(jittered(FAILURE_PAUSE));
      break;
    case "dead":
      candidate.replaceToken("some");
      candidate.send();
      break;
    case "rested":
    case "unanswered":
      candidate.send();
  }
  return undefined;
}
