import replicateLua from "../../lua/replicate.lua";
import type { Driver, ReplicateRequest } from "../driver/driver";
import { within } from "../driver/within";
import type { RedisConnection, Replication } from "./connection";
import type { LockKeys } from "./lock-keys";
import { flag, integer, list, read } from "./replies";

/** How much later than its time an answer may come, in ms: the next request waits for it. */
export const GRACE = 2_000;

/** Some locks of one slot, and who wants to know of them. */
interface Part {
  readonly keys: readonly string[];
  readonly request: ReplicateRequest;
  resolve(acknowledged: number | "lost"): void;
  reject(error: unknown): void;
}

const closedError = () => new Error("closed while replicas were awaited");

/** Asks one primary, one `WAIT` at a time: what is asked for meanwhile gathers, and goes together when it is over. */
function createLine(own: Replication, replicas: number, isClosed: () => boolean): (part: Part) => void {
  let gathering: Part[] | undefined;

  async function flush(first: Part[]): Promise<void> {
    for (let parts = first; parts.length > 0; parts = gathering!) {
      gathering = [];
      await send(parts);
    }
    gathering = undefined;
  }

  async function send(parts: readonly Part[]): Promise<void> {
    const patience = Math.max(...parts.map(({ request }) => request.patience));
    const calls = parts.map(({ keys, request: { token, ttl } }) => ({
      keys,
      args: keys.flatMap(() => [token, `${ttl}`]),
    }));
    try {
      if (isClosed()) throw closedError();
      const answer = own.evalAndWait(replicateLua, calls, replicas, patience);
      const late = () => new Error(`no answer to WAIT within ${patience + GRACE} ms`);
      const [replies, count] = await within(patience + GRACE, answer, late);
      parts.forEach(({ keys, resolve }, i) => {
        read(keys[0]!, () => {
          const held = list(replies[i], keys.length).map((one, at) => flag(keys[at]!, one));
          resolve(held.every(Boolean) ? integer(count) : "lost");
        });
      });
    } catch (error) {
      for (const { reject } of parts) reject(error); // of those that are not resolved
    }
  }

  return (part) => {
    if (gathering) gathering.push(part);
    else void flush([part]);
  };
}

/**
 * `WAIT` keeps its connection from all else, so it has its own: one to each primary, for each number of replicas, since who
 * waits for many should not keep those who wait for few.
 */
export function replicatorOf(connection: RedisConnection, { slotOf }: LockKeys): Driver["replicator"] {
  if (!connection.openReplication) return;
  const open: () => Replication = connection.openReplication.bind(connection);
  return () => {
    const opened = new Map<number, Replication>();
    const lines = new Map<string, (part: Part) => void>();
    let closed = false;

    function lineOf(key: string, replicas: number): (part: Part) => void {
      const own = opened.get(replicas) ?? open();
      opened.set(replicas, own);
      const name = `${replicas} ${own.primaryOf(key)}`;
      const line = lines.get(name) ?? createLine(own, replicas, () => closed);
      lines.set(name, line);
      return line;
    }

    return {
      async replicate(request) {
        if (closed) throw closedError();
        const bySlot = new Map<string, string[]>();
        for (const key of request.keys) {
          const slot = slotOf(key);
          bySlot.set(slot, [...(bySlot.get(slot) ?? []), key]);
        }
        const answers = [...bySlot.values()].map((keys) => {
          const ask = lineOf(keys[0]!, request.replicas);
          return new Promise<number | "lost">((resolve, reject) => ask({ keys, request, resolve, reject }));
        });
        const each = await Promise.all(answers);
        return each.reduce((least, one) => (least === "lost" || one === "lost" ? "lost" : Math.min(least, one)));
      },
      close() {
        closed = true;
        for (const own of opened.values()) own.close();
      },
    };
  };
}
