import { type Replication, slotOf } from "@distlock/core";
import { type Duplicable, type Extras, isDuplicable, type Subscriber } from "./client";

/** How much later than its time a server may answer `WAIT`, in ms. */
const PATIENCE = 1_000;

interface Connection {
  readonly opened: Subscriber;
  readonly ready: Promise<unknown>;
  /** What it does not put before keys by itself. */
  readonly prefix: string;
}

/** The caller's connection to the primary that has a key. */
async function nodeOf(client: Extras, key: string): Promise<Duplicable> {
  if (isDuplicable(client)) return client;
  if (!client.nodeClient) return client._execute!(false, (primary) => primary);
  const primary = client.slots![slotOf(key)]?.master;
  if (!primary) throw new Error(`the Cluster knows no primary of the slot ${slotOf(key)}`);
  return client.nodeClient(primary);
}

async function end({ opened }: Connection): Promise<void> {
  try {
    if (opened.destroy) opened.destroy();
    else await opened.disconnect();
  } catch {} // it was closed already
}

/** On duplicates of connections of the caller's client. They do not reconnect: what was sent is never sent again. */
export function openReplication(client: Extras, keyPrefix: string): Replication {
  const connections = new Map<object, Connection>();

  const duplicate = (node: Duplicable): Subscriber =>
    node.duplicate({ socket: { ...node.options?.socket, reconnectStrategy: false, socketTimeout: undefined } });

  async function connectionTo(key: string): Promise<Connection> {
    const node = client.execute ? client : await nodeOf(client, key); // any connection of a pool is as good as another
    const known = connections.get(node);
    if (known) return known;
    const opened = await (client.execute ? client.execute(duplicate) : duplicate(node as Duplicable));
    const other = connections.get(node);
    if (other) return other;
    const prefix = (opened as unknown as Extras)._keyPrefix === undefined ? keyPrefix : "";
    const leave = () => {
      if (connections.get(node) === connection) connections.delete(node);
    };
    opened.on("error", leave);
    opened.on("end", leave);
    const ready = opened.connect().then(() => opened.unref());
    ready.catch(leave);
    const connection = { opened, ready, prefix };
    connections.set(node, connection);
    return connection;
  }

  return {
    async evalAndWait(script, keys, args, replicas, ms) {
      const connection = await connectionTo(keyPrefix + keys[0]!);
      const { opened, ready, prefix } = connection;
      const timer = setTimeout(() => void end(connection), ms + PATIENCE);
      try {
        await ready;
        return await Promise.all([
          opened.eval(script, { keys: keys.map((key) => prefix + key), arguments: [...args] }),
          opened.sendCommand(["WAIT", `${replicas}`, `${ms}`]),
        ]);
      } finally {
        clearTimeout(timer);
      }
    },
    close() {
      for (const connection of connections.values()) void end(connection);
    },
  };
}
