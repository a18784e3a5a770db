import { now } from "../../driver/lease";
import type { Grant } from "../grant";
import type { Candidate, WaitEvent } from "./candidate";
import { FAILURE_PAUSE, jittered } from "./pause";

/**
 * Waits in the queue of one key. The first request enters the queue; from then on the call listens, and asks again only if it
 * was told to (the queue lost it, or its lease may be over), if its token is dead, or if a request failed.
 */
export function waitInQueue(candidate: Candidate, event: WaitEvent): Grant | undefined {
  switch (event.status) {
    case "granted":
      return candidate.granted(event);
    case "push":
      // The claim is enough to begin with: the lease monitor makes it the whole lease.
      if (now() < event.deadline) return candidate.grant([event.fence], event.deadline, true);
      candidate.send();
      break;
    case "queued":
      candidate.enqueued(event);
      break;
    case "held":
      candidate.diagnosis.contended(candidate.diagnosis.key);
      candidate.sendAfter(jittered(FAILURE_PAUSE));
      break;
    case "failed":
      candidate.failed(event.error);
      candidate.sendAfter(jittered(FAILURE_PAUSE));
      break;
    case "dead":
      candidate.renew(false);
      candidate.send();
      break;
    case "rested":
      candidate.send();
  }
  return undefined;
}
