import { HEARTBEAT } from "../../driver/times";
import type { Candidate, Strategy } from "./candidate";
import { FAILURE_PAUSE, jittered } from "./pause";
import type { Reply } from "./requests";

/** The shortest time between two requests that extend the keys which a waiter has already, in ms. */
const SHORTEST_REFRESH = 25;

/** How long a push waits for the reply to the request in flight, in ms. */
const REPLY_PATIENCE = 2 * HEARTBEAT;

/**
 * Waits in queues for several keys, or for a grant that replicas must acknowledge. Of several keys it waits for one at a time, and
 * has those before it meanwhile: each request asks for all from the first on, and so also extends the leases of those.
 * A push is no grant here, only a reason to ask.
 */
export function createWaitForSeveral(): Strategy {
  /** Which request was in flight when a push arrived. Its reply may be older than the push. */
  let pushedDuring = 0;

  return (candidate, event) => {
    const { diagnosis, keys, options } = candidate;
    const isSingleKey = keys.length === 1;
    switch (event.status) {
      case "granted":
        return candidate.granted(event);
      case "unreplicated":
        return candidate.unreplicated(event);
      case "push":
        if (candidate.isInFlight(REPLY_PATIENCE)) pushedDuring = diagnosis.attempts;
        else candidate.send();
        break;
      case "queued":
        if (!follow(candidate, event) || pushedDuring === diagnosis.attempts) candidate.send();
        else if (candidate.mayHoldSome) candidate.sendAfter(Math.max(options.ttl / 3, SHORTEST_REFRESH));
        break;
      case "held":
        diagnosis.contended("key" in event ? event.key : diagnosis.key);
        if (!isSingleKey) candidate.renew(false);
        candidate.sendAfter(jittered(FAILURE_PAUSE));
        break;
      case "failed":
        candidate.failed(event.error);
        candidate.sendAfter(jittered(FAILURE_PAUSE));
        break;
      case "dead":
        candidate.renew(!isSingleKey);
        candidate.send();
        break;
      case "rested":
        candidate.send();
    }
    return undefined;
  };
}

/** Waits for the key of the reply from now on. Returns false if a key was lost meanwhile: it then begins with a new token. */
function follow(candidate: Candidate, reply: Extract<Reply, { readonly status: "queued" }>): boolean {
  const { diagnosis, keys } = candidate;
  const key = "key" in reply ? reply.key : diagnosis.key;
  if (key !== diagnosis.key && candidate.isQueued) {
    if (keys.indexOf(key) < keys.indexOf(diagnosis.key)) {
      diagnosis.contended(diagnosis.key);
      candidate.renew(true);
      return false;
    }
    candidate.leaveQueue();
    candidate.enterQueue();
  }
  candidate.enqueued(reply, key);
  return true;
}
