import { type Replication, slotOf } from "@distlock/core";
import { type Duplicable, type Extras, isDuplicable } from "./client";
import { type Own, own } from "./own";

/** How much later than its time a server may answer `WAIT`, in ms. */
const PATIENCE = 1_000;

interface Connection extends Own {
  readonly ready: Promise<unknown>;
}

/** The caller's connection to the primary that has a key. */
async function nodeOf(client: Extras, key: string): Promise<Duplicable> {
  if (isDuplicable(client)) return client;
  if (!client.nodeClient) return client._execute!(false, (primary) => primary);
  const primary = client.slots![slotOf(key)]?.master;
  if (!primary) throw new Error(`the Cluster knows no primary of the slot ${slotOf(key)}`);
  return client.nodeClient(primary);
}

/** On duplicates of connections of the caller's client. They do not reconnect: what was sent is never sent again. */
export function openReplication(client: Extras, keyPrefix: string): Replication {
  const connections = new Map<object, Connection>();
  let closed = false;

  async function connectionTo(key: string): Promise<Connection> {
    const node = client.execute ? client : await nodeOf(client, key); // any connection of a pool is as good as another
    const known = connections.get(node);
    if (known) return known;
    const made = await (client.execute ? client.execute(own) : own(node as Duplicable));
    const other = connections.get(node);
    if (other) return other;
    if (closed) throw new Error("closed");
    const leave = () => {
      if (connections.get(node) === connection) connections.delete(node);
    };
    const { opened } = made;
    opened.on("error", leave);
    opened.on("end", leave);
    const ready = opened.connect().then(() => opened.unref());
    ready.catch(leave);
    const connection = {
      opened,
      ready,
      end() {
        leave();
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
