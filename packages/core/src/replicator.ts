import replicateLua from "../lua/replicate.lua";
import type { RedisConnection } from "./connection";
import type { Driver, ReplicateRequest } from "./driver";
import type { LockKeys } from "./lock-keys";
import { flag, integer, list, read } from "./replies";
import { within } from "./within";

/** How much later than its time an answer may come, in ms: the next request waits for it. */
const GRACE = 2_000;

/** Some locks of one slot, and who wants to know of them. */
interface Part {
  readonly keys: readonly string[];
  readonly request: ReplicateRequest;
  resolve(acknowledged: number | "lost"): void;
  reject(error: unknown): void;
}

/**
 * `WAIT` keeps its connection from all else, so it has one of its own; and while one is under way, what is asked for
 * gathers, and goes together when it is over.
 */
export function replicatorOf(connection: RedisConnection, { slotOf }: LockKeys): Driver["replicator"] {
  const open = connection.openReplication?.bind(connection);
  if (!open) return;
  return () => {
    const own = open();
    const gathering = new Map<string, Part[]>();

    function ask(slot: string, part: Part): void {
      const group = `${part.request.replicas} ${slot}`;
      const gathered = gathering.get(group);
      if (gathered) gathered.push(part);
      else void flush(group, [part]);
    }

    async function flush(group: string, first: Part[]): Promise<void> {
      for (let parts = first; parts.length > 0; parts = gathering.get(group)!) {
        gathering.set(group, []);
        await send(parts);
      }
      gathering.delete(group);
    }

    async function send(parts: readonly Part[]): Promise<void> {
      const keys = parts.flatMap((part) => part.keys);
      const args = parts.flatMap(({ keys, request: { token, ttl } }) => keys.flatMap(() => [token, `${ttl}`]));
      const patience = Math.max(...parts.map(({ request }) => request.patience));
      try {
        const { replicas } = parts[0]!.request;
        const answer = own.evalAndWait(replicateLua, keys, args, replicas, patience);
        const late = () => new Error(`no answer to WAIT within ${patience + GRACE} ms`);
        const [reply, count] = await within(patience + GRACE, answer, late);
        let from = 0;
        read(keys[0]!, () => {
          const held = list(reply, keys.length).map((one, i) => flag(keys[i]!, one));
          const acknowledged = integer(count);
          for (const { keys, resolve } of parts) {
            const ours = held.slice(from, from + keys.length).every(Boolean);
            from += keys.length;
            resolve(ours ? acknowledged : "lost");
          }
        });
      } catch (error) {
        for (const { reject } of parts) reject(error);
      }
    }

    return {
      async replicate(request) {
        const bySlot = new Map<string, string[]>();
        for (const key of request.keys) {
          const slot = slotOf(key);
          bySlot.set(slot, [...(bySlot.get(slot) ?? []), key]);
        }
        const answers = [...bySlot].map(
          ([slot, keys]) =>
            new Promise<number | "lost">((resolve, reject) => ask(slot, { keys, request, resolve, reject })),
        );
        const each = await Promise.all(answers);
        return each.reduce((least, one) => (least === "lost" || one === "lost" ? "lost" : Math.min(least, one)));
      },
      close: () => own.close(),
    };
  };
}
