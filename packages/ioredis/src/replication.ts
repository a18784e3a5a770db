import { type Replication, slotOf } from "@distlock/core/driver";
import type { IoredisClient } from "./client";
import { asCluster, asSingle, type Connection, type SingleClient } from "./client-internals";

/** A command that was sent is never sent again: it fails with its connection, and the next command opens a new one. */
const settings = {
  keyPrefix: "", // the keys are whole already
  failoverDetector: false, // it would keep its own connections when this one ends by itself
  lazyConnect: false,
  enableAutoPipelining: false,
  enableOfflineQueue: true,
  commandTimeout: undefined,
  socketTimeout: undefined,
  retryStrategy: null,
};

/** How much later than its time a server may answer `WAIT`, in ms. */
const PATIENCE = 1_000;

/** Uses duplicates of the caller's client, or of a `Cluster`'s connection to the primary of a slot. */
export function openReplication(client: IoredisClient): Replication {
  const connections = new Map<SingleClient, Connection>();
  const prefix = client.options.keyPrefix ?? "";
  const cluster = asCluster(client);

  const primaryOf = (key: string): string => cluster?.slots[slotOf(prefix + key)]?.[0] ?? "";

  function nodeOf(key: string): SingleClient {
    if (!cluster) return asSingle(client);
    const address = primaryOf(key);
    const node = cluster.nodes("master").find(({ options: { host, port } }) => `${host}:${port}` === address);
    if (!node) throw new Error(`the Cluster knows no primary of the slot ${slotOf(prefix + key)}`);
    return node;
  }

  function connectionTo(node: SingleClient): Connection {
    const known = connections.get(node);
    if (known && known.status !== "end") return known;
    const opened = node.duplicate(settings);
    connections.set(node, opened);
    opened.on("error", () => {}); // the client's own connections report the same
    opened.on("connect", () => opened.stream?.unref?.());
    opened.on("end", () => end(node, opened));
    return opened;
  }

  function end(node: SingleClient, connection: Connection): void {
    if (connections.get(node) === connection) connections.delete(node);
    connection.disconnect();
    connection.stream?.destroy?.(); // a frozen connection does not end by itself
  }

  return {
    primaryOf,
    async evalAndWait(script, calls, replicas, ms) {
      const node = nodeOf(calls[0]!.keys[0]!);
      const connection = connectionTo(node);
      const timer = setTimeout(end, ms + PATIENCE, node, connection);
      try {
        const evals = calls.map(({ keys, args }) =>
          connection.eval(script, keys.length, ...keys.map((key) => prefix + key), ...args),
        );
        return await Promise.all([Promise.all(evals), connection.call("WAIT", `${replicas}`, `${ms}`)]);
      } finally {
        clearTimeout(timer);
      }
    },
    close() {
      for (const [node, connection] of connections) end(node, connection);
    },
  };
}
