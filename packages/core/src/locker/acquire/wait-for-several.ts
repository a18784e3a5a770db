// Tested by packages/core/test/strategies.test.ts, packages/core/test/several-keys.test.ts, test/locking/several-keys.test.ts
import { HEARTBEAT } from "../../driver/times";
import type { Candidate } from "./candidate";
import { proceed } from "./proceed";
import type { Reply } from "./request";
import type { Strategy } from "./wait-event";

/** The shortest time between two requests that extend the keys which a waiter has already, in ms. */
const SHORTEST_REFRESH = 25;

/** How old the request in flight may be whose reply is awaited after a push, in ms. */
const REPLY_PATIENCE = 2 * HEARTBEAT;

/**
 * Waits in queues for several keys, or for a grant that replicas must acknowledge. With several keys it waits for one at
 * a time, and holds the keys before it meanwhile: each request asks for all keys from the first on, and so extends the
 * leases of the held keys. A push does not grant the lock here; it is only a reason to ask.
 */
export function createWaitForSeveral(): Strategy {
  /** The number of the request that was in flight when a push arrived: its reply may be older than the push. */
  let pushedDuring = 0;

  return (candidate, event) => {
    const { attempts } = candidate.diagnosis;
    switch (event.status) {
      case "queued":
        if (!follow(candidate, event) || pushedDuring === attempts) candidate.send();
        else if (candidate.mayHoldSome) candidate.sendAfter(Math.max(candidate.options.ttl / 3, SHORTEST_REFRESH));
        break;
      case "push":
        if (candidate.isInFlight(REPLY_PATIENCE)) pushedDuring = attempts;
        else candidate.send();
        break;
      default:
        return proceed(candidate, event);
    }
    return undefined;
  };
}

/**
 * Waits for the key of the reply from now on. Returns false if a key was lost meanwhile: it then begins with a new
 * token.
 */
function follow(candidate: Candidate, reply: Extract<Reply, { readonly status: "queued" }>): boolean {
  const { keys } = candidate;
  const before = keys.indexOf(candidate.waitsFor);
  candidate.contended(reply);
  const at = keys.indexOf(candidate.waitsFor);
  if (candidate.isQueued && at < before) {
    candidate.replaceToken("some");
    return false;
  }
  if (candidate.isQueued && at > before) {
    candidate.leaveQueue();
    candidate.enterQueue();
  }
  candidate.enqueued(reply);
  return true;
}
