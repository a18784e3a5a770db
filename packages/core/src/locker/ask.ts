import type { AcquireAllReply, AcquireReply, Call, Driver, Replicator } from "../driver/driver";
import { LockBackendError } from "../driver/errors";
import { now } from "../driver/lease";
import type { ResolvedOptions } from "./options";

export type Answer =
  | AcquireReply
  | AcquireAllReply
  /** It was granted, but too few replicas have it. */
  | { readonly status: "unreplicated"; readonly error: LockBackendError };

/** Where a token waits; the ticket is 0 before it does. */
export interface Place {
  readonly key: string;
  readonly ticket: number;
}

/** How long replicas may take, in ms: when they are well, they take one round trip. */
export const REPLICATION = 1_000;

/** One request for one key or for several (in lock order), answered when as many replicas as are wanted have the grant. */
export function createAsk(
  driver: Driver,
  openReplicator: () => Replicator,
  keys: readonly string[],
  { ttl, timeout, waitReplicas }: ResolvedOptions,
): (token: string, place: Place | undefined, call: Call, onGrant: () => void) => Promise<Answer> {
  const [first = "", ...others] = keys;
  const until = now() + timeout;

  async function replicated(asked: Promise<Answer>, token: string, call: Call, onGrant: () => void): Promise<Answer> {
    const answer = await asked;
    if (answer.status !== "granted" || call.abandoned) return answer;
    onGrant();
    const patience = Math.ceil(Math.min(REPLICATION, ttl / 3, 0.8 * Math.max(until - now(), 1)));
    const count = await openReplicator().replicate({ keys, token, ttl, replicas: waitReplicas, patience });
    if (count === "lost") throw new Error("the lock was gone before replicas had it");
    if (count >= waitReplicas) return answer;
    const what = `acquire was undone: ${count} of ${waitReplicas} replicas acknowledged it within ${patience} ms`;
    return { status: "unreplicated", error: new LockBackendError(first, what) };
  }

  return (token, place, call, onGrant) => {
    const asked: Promise<Answer> =
      others.length === 0
        ? driver.acquire({ key: first, token, ttl, ticket: place?.ticket }, call)
        : driver.acquireAll({ keys, token, ttl, place }, call);
    return waitReplicas === 0 ? asked : replicated(asked, token, call, onGrant);
  };
}
