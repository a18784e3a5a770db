// Tested by test/topology/wait-replicas.test.ts
import replicateLua from "../../lua/replicate.lua";
import type { Driver, ReplicateRequest } from "../driver/driver";
import { background } from "../driver/observe/through";
import { withTimeout } from "../driver/with-timeout";
import type { RedisConnection, Replication } from "./connection";
import type { LockKeys } from "./lock-keys";
import { redisError } from "./redis-error";
import { flag, integer, list, read } from "./replies";

/** How much later than its time the reply to `WAIT` may come, in ms. The next request waits for it. */
export const GRACE = 2_000;

/** The locks of one request that share a slot. */
interface Part {
  readonly keys: readonly string[];
  readonly request: ReplicateRequest;
  resolve(acknowledged: number | "lost"): void;
  reject(error: unknown): void;
}

type Line = (part: Part) => void;

const closedError = () => new Error("closed while replicas were awaited");

/** Asks one primary, one `WAIT` at a time. Parts that come meanwhile gather, and are sent together when it is over. */
function createLine(replication: Replication, replicas: number, isClosed: () => boolean): Line {
  let gathered: Part[] = [];
  let isBusy = false;

  async function sendAll(): Promise<void> {
    isBusy = true;
    while (gathered.length > 0) {
      const parts = gathered;
      gathered = [];
      await send(parts);
    }
    isBusy = false;
  }

  async function send(parts: readonly Part[]): Promise<void> {
    const patience = Math.max(...parts.map(({ request }) => request.patience));
    const calls = parts.map(({ keys, request: { token, ttl } }) => ({
      keys,
      args: keys.flatMap(() => [token, `${ttl}`]),
    }));
    try {
      if (isClosed()) throw closedError();
      // It may be for several callers, so it belongs to none of them.
      const answer = background(() => replication.evalAndWait(replicateLua, calls, replicas, patience));
      const late = () => new Error(`no answer to WAIT within ${patience + GRACE} ms`);
      const [replies, acknowledged] = await withTimeout(patience + GRACE, answer, late);
      parts.forEach(({ keys, resolve }, i) => {
        read(keys[0]!, () => {
          const held = list(replies[i], keys.length).map((reply, at) => flag(keys[at]!, reply));
          resolve(held.every(Boolean) ? integer(acknowledged) : "lost");
        });
      });
    } catch (error) {
      for (const { reject } of parts) reject(redisError(error)); // the parts that are resolved already ignore it
    }
  }

  return (part) => {
    gathered.push(part);
    if (!isBusy) void sendAll();
  };
}

const least = (acknowledged: readonly (number | "lost")[]): number | "lost" =>
  acknowledged.reduce((a, b) => (a === "lost" || b === "lost" ? "lost" : Math.min(a, b)));

/**
 * `WAIT` blocks its connection, so it has connections of its own: one to each primary for each number of replicas, since a
 * request that waits for many replicas should not delay requests that wait for few.
 */
export function replicatorOf(connection: RedisConnection, { slotOf }: LockKeys): Driver["replicas"] {
  if (!connection.openReplication) return;
  const open: () => Replication = connection.openReplication.bind(connection);

  function bySlot(keys: readonly string[]): readonly (readonly string[])[] {
    const groups = new Map<string, string[]>();
    for (const key of keys) groups.set(slotOf(key), [...(groups.get(slotOf(key)) ?? []), key]);
    return [...groups.values()];
  }

  return () => {
    const replications = new Map<number, Replication>();
    const lines = new Map<string, Line>();
    let closed = false;

    function lineOf(key: string, replicas: number): Line {
      const replication = replications.get(replicas) ?? open();
      replications.set(replicas, replication);
      const name = `${replicas} ${replication.primaryOf(key)}`;
      const line = lines.get(name) ?? createLine(replication, replicas, () => closed);
      lines.set(name, line);
      return line;
    }

    return {
      async replicate(request) {
        if (closed) throw closedError();
        const parts = bySlot(request.keys).map((keys) => {
          const send = lineOf(keys[0]!, request.replicas);
          return new Promise<number | "lost">((resolve, reject) => send({ keys, request, resolve, reject }));
        });
        return least(await Promise.all(parts));
      },
      close() {
        closed = true;
        for (const replication of replications.values()) replication.close();
      },
    };
  };
}
