import { type Replication, slotOf } from "@distlock/core/driver";
import { type AnyNodeRedisClient, isSingle, type SingleClient } from "./client-internals";
import { type DedicatedConnection, dedicatedConnection } from "./dedicated-connection";

/** How much later than its time a server may answer `WAIT`, in ms. */
const PATIENCE = 1_000;

interface Connecting extends DedicatedConnection {
  readonly ready: Promise<unknown>;
}

/** Returns the caller's connection to the primary that has a key. */
async function nodeOf(client: AnyNodeRedisClient, key: string): Promise<SingleClient> {
  if (isSingle(client)) return client;
  if (!client.nodeClient) return client._execute!(false, (primary) => primary);
  const primary = client.slots![slotOf(key)]?.master;
  if (!primary) throw new Error(`the Cluster knows no primary of the slot ${slotOf(key)}`);
  return client.nodeClient(primary);
}

/** Uses duplicates of connections of the caller's client. They do not reconnect: a command that was sent is never sent again. */
export function openReplication(client: AnyNodeRedisClient, keyPrefix: string): Replication {
  const connections = new Map<object, Connecting>();
  let closed = false;

  async function connectionTo(key: string): Promise<Connecting> {
    const node = client.execute ? client : await nodeOf(client, key); // any connection of a pool is as good as another
    const known = connections.get(node);
    if (known) return known;
    const made = await (client.execute
      ? client.execute(dedicatedConnection)
      : dedicatedConnection(node as SingleClient));
    const other = connections.get(node);
    if (other) return other;
    if (closed) throw new Error("closed");
    const forget = () => {
      if (connections.get(node) === connection) connections.delete(node);
    };
    const { opened } = made;
    opened.on("error", forget);
    opened.on("end", forget);
    const ready = opened.connect().then(() => opened.unref());
    ready.catch(forget);
    const connection = {
      opened,
      ready,
      end() {
        forget();
        return made.end();
      },
    };
    connections.set(node, connection);
    return connection;
  }

  return {
    primaryOf: (key) => client.slots?.[slotOf(keyPrefix + key)]?.master.address ?? "",
    async evalAndWait(script, calls, replicas, ms) {
      const { opened, ready, end } = await connectionTo(keyPrefix + calls[0]!.keys[0]!);
      const timer = setTimeout(end, ms + PATIENCE);
      try {
        await ready;
        const evals = calls.map(({ keys, args }) =>
          opened.eval(script, { keys: keys.map((key) => keyPrefix + key), arguments: [...args] }),
        );
        return await Promise.all([Promise.all(evals), opened.sendCommand(["WAIT", `${replicas}`, `${ms}`])]);
      } finally {
        clearTimeout(timer);
      }
    },
    close() {
      closed = true;
      for (const { end } of connections.values()) void end();
    },
  };
}
