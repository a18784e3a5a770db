import { type Replication, slotOf } from "@distlock/core";
import type { IoredisClient } from "./client";

/** One connection, of which another one can be made. */
interface Node {
  readonly options: { readonly host?: string; readonly port?: number };
  duplicate(settings: object): Connection;
}

interface Connection {
  readonly status: string;
  readonly stream?: { unref?: () => unknown; destroy?: () => unknown } | null;
  on(event: string, listener: () => void): unknown;
  eval(script: string, keyCount: number, ...keysAndArgs: string[]): Promise<unknown>;
  call(command: string, ...args: string[]): Promise<unknown>;
  disconnect(): void;
}

/** What only a `Cluster` has: for each slot its nodes as `host:port`, first the primary. */
interface Cluster {
  readonly slots: readonly (readonly string[] | undefined)[];
  nodes(role: "master"): Node[];
}

/** What was sent is never sent again: it fails with its connection, and the next one is a new one. */
const settings = {
  keyPrefix: "", // it has whole keys
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

/** On duplicates of the caller's client, or of a `Cluster`'s connection to the primary of a slot. */
export function openReplication(client: IoredisClient): Replication {
  const connections = new Map<Node, Connection>();
  const prefix = client.options.keyPrefix ?? "";

  const primaryOf = (key: string): string =>
    client.isCluster ? ((client as unknown as Cluster).slots[slotOf(prefix + key)]?.[0] ?? "") : "";

  function nodeOf(key: string): Node {
    if (!client.isCluster) return client as unknown as Node;
    const { nodes } = client as unknown as Cluster;
    const address = primaryOf(key);
    const node = nodes.call(client, "master").find(({ options: { host, port } }) => `${host}:${port}` === address);
    if (!node) throw new Error(`the Cluster knows no primary of the slot ${slotOf(prefix + key)}`);
    return node;
  }

  function connectionTo(node: Node): Connection {
    const known = connections.get(node);
    if (known && known.status !== "end") return known;
    const opened = node.duplicate(settings);
    connections.set(node, opened);
    opened.on("error", () => {}); // the client's own connections report the same
    opened.on("connect", () => opened.stream?.unref?.());
    opened.on("end", () => end(node, opened));
    return opened;
  }

  function end(node: Node, connection: Connection): void {
    if (connections.get(node) === connection) connections.delete(node);
    connection.disconnect();
    connection.stream?.destroy?.(); // one that is frozen does not end by itself
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
