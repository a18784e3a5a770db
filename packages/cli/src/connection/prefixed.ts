import type { RedisConnection } from "@distlock/core/driver";

/** Puts a prefix in front of every key, as clients with a `keyPrefix` do. Not every client of node-redis can. */
export function prefixed(connection: RedisConnection, keyPrefix: string): RedisConnection {
  const named = (keys: readonly string[]) => keys.map((key) => keyPrefix + key);
  const open = connection.openReplication;
  return {
    ...connection,
    keyPrefix,
    evalSha: (sha1, keys, args) => connection.evalSha(sha1, named(keys), args),
    eval: (script, keys, args) => connection.eval(script, named(keys), args),
    lists: undefined,
    openReplication:
      open &&
      (() => {
        const replication = open();
        return {
          primaryOf: (key) => replication.primaryOf(keyPrefix + key),
          evalAndWait: (script, calls, replicas, ms) =>
            replication.evalAndWait(
              script,
              calls.map(({ keys, args }) => ({ keys: named(keys), args })),
              replicas,
              ms,
            ),
          close: () => replication.close(),
        };
      }),
  };
}
