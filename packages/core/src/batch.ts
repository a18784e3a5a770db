import type { Call } from "./driver";

/** A request on its way; its answer settles the promise that the caller got. */
export interface Asked<Q, R> {
  readonly request: Q;
  /** Of a request that may be abandoned. */
  readonly call: Call | undefined;
  resolve(reply: R): void;
  reject(error: unknown): void;
}

/**
 * Sends together what is asked for in one tick, `largest` at most: at 64 at once, most of the time of a request is what a
 * client and a server spend per command. `groupOf` tells which requests may share a command.
 * `send` settles each, and does not throw.
 */
export function batched<Q, R>(
  largest: number,
  groupOf: (request: Q) => string,
  send: (asked: readonly Asked<Q, R>[]) => void,
): (request: Q, call?: Call) => Promise<R> {
  const groups = new Map<string, Asked<Q, R>[]>();

  function flush(group: string, asked: Asked<Q, R>[]): void {
    if (groups.get(group) === asked) groups.delete(group);
    send(asked);
  }

  return (request, call) =>
    new Promise((resolve, reject) => {
      const group = groupOf(request);
      const asked = groups.get(group);
      const one = { request, call, resolve, reject };
      if (asked !== undefined && asked.length < largest) asked.push(one);
      else {
        const fresh = [one];
        groups.set(group, fresh);
        process.nextTick(flush, group, fresh);
      }
    });
}
