import { idOf } from "./cluster-view";
import type { RedisServer } from "./redis-server";
import { settled } from "./settled";

const SLOTS = 16_384;

/** Makes a Cluster of empty nodes: the slots in equal parts, and a replica for each primary. Resolves when all know all. */
export async function createCluster(
  primaries: readonly RedisServer[],
  replicas: readonly RedisServer[],
): Promise<void> {
  const nodes = [...primaries, ...replicas];
  const start = (i: number) => Math.floor((i * SLOTS) / primaries.length);
  await Promise.all(
    nodes.map((node, i) => node.command("CLUSTER", "SET-CONFIG-EPOCH", String(i + 1))), // otherwise they would argue about it
  );
  await Promise.all(
    primaries.map((node, i) => {
      const slots = Array.from({ length: start(i + 1) - start(i) }, (_, n) => String(start(i) + n));
      return node.command("CLUSTER", "ADDSLOTS", ...slots);
    }),
  );
  // Each node gets the address of each other one, which is faster than their own gossip.
  for (const node of nodes) {
    for (const other of nodes)
      if (other !== node) await node.command("CLUSTER", "MEET", "127.0.0.1", String(other.port));
  }
  await settled(async () => {
    const lists = await Promise.all(nodes.map((node) => node.command("CLUSTER", "NODES")));
    return lists.every((list) => {
      const lines = String(list).trim().split("\n");
      return lines.length === nodes.length && lines.every((line) => !/handshake|noaddr/.test(line));
    });
  }, "the nodes meet");
  await Promise.all(
    replicas.map(async (node, i) => {
      const id = await idOf(primaries[i]!);
      // A node that was met last may not be known as a primary yet.
      await settled(() => node.command("CLUSTER", "REPLICATE", id).then(() => true), "a replica finds its primary");
    }),
  );
}
