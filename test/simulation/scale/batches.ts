import type { Engine } from "../engine/engine";
import { IMMEDIATE, type Machine } from "../engine/machine";

interface Pending<Request, Reply> {
  readonly request: Request;
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

export interface BatchOptions<Request, Reply> {
  /** The largest weight of a batch, unless it is one request alone. */
  readonly limit: number;
  weightOf?(request: Request): number;
  /** Requests of the same group may share a command. */
  groupOf?(request: Request): string;
  /** Sends requests as one command. */
  send(requests: readonly Request[]): Promise<readonly PromiseSettledResult<Reply>[]>;
}

/** Sends the requests of one turn of a process together, as `redisDriver` does. */
export function createBatches<Request, Reply>(
  engine: Engine,
  machine: Machine,
  { limit, weightOf = () => 1, groupOf = () => "", send }: BatchOptions<Request, Reply>,
): (request: Request) => Promise<Reply> {
  type Batch = { readonly requests: Pending<Request, Reply>[]; weight: number };
  const open = new Map<string, Batch>();

  function flush(group: string, batch: Batch): void {
    if (open.get(group) === batch) open.delete(group);
    send(batch.requests.map(({ request }) => request)).then(
      (replies) =>
        batch.requests.forEach(({ resolve, reject }, i) => {
          const reply = replies[i]!;
          if (reply.status === "fulfilled") resolve(reply.value);
          else reject(reply.reason);
        }),
      (error) => {
        for (const { reject } of batch.requests) reject(error);
      },
    );
  }

  return (request) =>
    new Promise((resolve, reject) => {
      const group = groupOf(request);
      const weight = weightOf(request);
      const batch = open.get(group);
      if (batch !== undefined && batch.weight + weight <= limit) {
        batch.requests.push({ request, resolve, reject });
        batch.weight += weight;
        return;
      }
      const fresh = { requests: [{ request, resolve, reject }], weight };
      open.set(group, fresh);
      engine.at(engine.now, machine, IMMEDIATE, () => flush(group, fresh));
    });
}
