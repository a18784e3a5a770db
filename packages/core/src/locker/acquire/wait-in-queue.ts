// Tested by packages/core/test/strategies.test.ts, test/model/waiters.test.ts
import { now } from "../../driver/lease";
import type { Grant } from "../grant";
import type { Candidate } from "./candidate";
import { proceed } from "./proceed";
import type { WaitEvent } from "./wait-event";

/**
 * Waits in the queue of one key. The first request enters the queue; from then on the call listens. It asks again only
 * if a push is too old to count, if the queue has lost the token, if the token is dead, or if a request failed.
 */
export function waitInQueue(candidate: Candidate, event: WaitEvent): Grant | undefined {
  switch (event.status) {
    case "queued":
      candidate.enqueued(event);
      break;
    case "push":
      // The claim is enough to begin with: the lease monitor extends it to the ttl.
      if (now() < event.deadline) return candidate.makeGrant([event.fence], event.deadline, true);
      candidate.send();
      break;
    default:
      return proceed(candidate, event);
  }
  return undefined;
}
