// Tested by test/topology/wait-replicas.test.ts
import type { AcquireReply, Call, Driver, Place, Replicator } from "../../driver/driver";
import { LockBackendError } from "../../driver/errors";
import { now } from "../../driver/lease";
import type { ResolvedOptions } from "../options";

export type Reply =
  | AcquireReply
  /** The lock was granted, but too few replicas acknowledged it. */
  | { readonly status: "unreplicated"; readonly error: LockBackendError };

/** Sends one request for all keys. `onReplicating` is called when the request was granted and replicas are still awaited. */
export type SendRequest = (
  token: string,
  place: Place | undefined,
  call: Call,
  onReplicating: () => void,
) => Promise<Reply>;

/** How long replicas may take, in ms: healthy ones take one round trip. */
export const REPLICATION = 1_000;

/**
 * Requests for one key or for several (in lock order). Each is answered when `waitReplicas` replicas have the grant.
 */
export function createRequest(
  { driver, openReplicator }: { readonly driver: Driver; readonly openReplicator: () => Replicator },
  keys: readonly string[],
  { ttl, timeout, waitReplicas }: ResolvedOptions,
): SendRequest {
  const until = now() + timeout;
  const send = (token: string, place: Place | undefined, call: Call): Promise<AcquireReply> =>
    driver.acquire({ keys, token, ttl, place }, call);
  if (waitReplicas === 0) return send;

  return async (token, place, call, onReplicating) => {
    const reply = await send(token, place, call);
    if (reply.status !== "granted" || call.abandoned) return reply;
    onReplicating();
    const patience = Math.ceil(Math.min(REPLICATION, ttl / 3, 0.8 * Math.max(until - now(), 1)));
    const count = await openReplicator().replicate({ keys, token, ttl, replicas: waitReplicas, patience });
    if (count === "lost") throw new Error("the lock was lost before replicas acknowledged it");
    if (count >= waitReplicas) return reply;
    const what = `acquire was undone: ${count} of ${waitReplicas} replicas acknowledged it within ${patience} ms`;
    return { status: "unreplicated", error: new LockBackendError(keys[0]!, what) };
  };
}
