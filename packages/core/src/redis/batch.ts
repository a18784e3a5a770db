import type { Call } from "../driver/driver";

/** A request on its way; its answer settles the promise that the caller got. */
export interface Asked<Q, R> {
  readonly request: Q;
  /** Of a request that may be abandoned. */
  readonly call: Call | undefined;
  resolve(reply: R): void;
  reject(error: unknown): void;
}

interface Batch<Q, R> {
  readonly asked: Asked<Q, R>[];
  weight: number;
}

/**
 * Sends together what is asked for in one tick, up to a weight of `largest`: at 64 at once, most of the time of a request is
 * what a client and a server spend per command. `groupOf` names the requests that may share a command.
 * `send` settles each, and does not throw.
 */
export function batched<Q, R>(
  largest: number,
  weightOf: (request: Q) => number,
  groupOf: (request: Q) => string,
  send: (asked: readonly Asked<Q, R>[]) => void,
): (request: Q, call?: Call) => Promise<R> {
  const groups = new Map<string, Batch<Q, R>>();

  function flush(group: string, batch: Batch<Q, R>): void {
    if (groups.get(group) === batch) groups.delete(group);
    send(batch.asked);
  }

  return (request, call) =>
    new Promise((resolve, reject) => {
      const group = groupOf(request);
      const weight = weightOf(request);
      const batch = groups.get(group);
      const one = { request, call, resolve, reject };
      if (batch !== undefined && batch.weight + weight <= largest) {
        batch.asked.push(one);
        batch.weight += weight;
      } else {
        const fresh = { asked: [one], weight };
        groups.set(group, fresh);
        process.nextTick(flush, group, fresh);
      }
    });
}
