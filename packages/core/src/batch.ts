/** How many requests share one command. */
const LARGEST = 100;

interface Entry<Q, R> {
  readonly request: Q;
  resolve(reply: R | Promise<R>): void;
  reject(error: unknown): void;
}

/**
 * Sends together what is asked for in one tick: at 64 at once, most of the time of a request is what a client and a server
 * spend per command. `groupOf` tells which requests may share a command.
 */
export function batched<Q, R>(
  groupOf: (request: Q) => string,
  send: (requests: readonly Q[]) => Promise<readonly (R | Promise<R>)[]>,
): (request: Q) => Promise<R> {
  const groups = new Map<string, Entry<Q, R>[]>();

  function flush(group: string, entries: readonly Entry<Q, R>[]): void {
    if (groups.get(group) === entries) groups.delete(group);
    send(entries.map(({ request }) => request)).then(
      (replies) => {
        for (const [i, { resolve }] of entries.entries()) resolve(replies[i]!);
      },
      (error) => {
        for (const { reject } of entries) reject(error);
      },
    );
  }

  return (request) =>
    new Promise<R>((resolve, reject) => {
      const group = groupOf(request);
      let entries = groups.get(group);
      if (entries === undefined || entries.length === LARGEST) {
        const fresh: Entry<Q, R>[] = [];
        entries = fresh;
        groups.set(group, fresh);
        process.nextTick(() => flush(group, fresh));
      }
      entries.push({ request, resolve, reject });
    });
}
