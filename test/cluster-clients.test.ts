import { ioredisDriver } from "@distlock/ioredis";
import { type NodeRedisClient, nodeRedisDriver } from "@distlock/node-redis";
import { driverContract, startRedis } from "@distlock/testing";
import { Cluster as Cluster5 } from "ioredis-5";
import { Cluster as Cluster6, Redis } from "ioredis-6";
import * as redis4 from "redis-4";
import * as redis5 from "redis-5";
import * as redis6 from "redis-6";
import { afterAll, describe, test } from "vitest";
import { allSlots } from "./all-slots";

/** The driver contract through the clients' Cluster classes, on a Cluster of one node. */
const server = await startRedis({ args: ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"] });
const door = new Redis(server.url);
const closers: (() => unknown)[] = [() => door.disconnect()];

await door.cluster("ADDSLOTS", ...allSlots);
while (!String(await door.cluster("INFO")).includes("cluster_state:ok")) await new Promise(setImmediate);

afterAll(async () => {
  for (const close of closers) await close();
  await server.stop();
});

const node = { host: server.host, port: server.port };
const rootNodes = [{ url: server.url }];

type NodeRedisCluster = NodeRedisClient & {
  connect(): Promise<unknown>;
  on(event: "error", listener: () => void): unknown;
};

async function connected(cluster: unknown, close: () => unknown) {
  const client = cluster as NodeRedisCluster;
  client.on("error", () => {});
  await client.connect();
  closers.push(close);
  return nodeRedisDriver(client);
}

const kinds = {
  "ioredis 5.11.1": (keyPrefix: string) => {
    const cluster = new Cluster5([node], { keyPrefix });
    closers.push(() => cluster.disconnect());
    return ioredisDriver(cluster);
  },
  "ioredis 6.0.0": (keyPrefix: string) => {
    const cluster = new Cluster6([node], { keyPrefix });
    closers.push(() => cluster.disconnect());
    return ioredisDriver(cluster);
  },
  "redis 4.7.1": () => {
    const cluster = redis4.createCluster({ rootNodes });
    return connected(cluster, () => cluster.disconnect());
  },
  "redis 5.12.1": () => {
    const cluster = redis5.createCluster({ rootNodes });
    return connected(cluster, () => cluster.destroy());
  },
  "redis 6.3.1": (keyPrefix: string) => {
    const cluster = redis6.createCluster({ rootNodes, keyPrefix });
    return connected(cluster, () => cluster.destroy());
  },
};

for (const [name, create] of Object.entries(kinds)) {
  for (const keyPrefix of create.length === 0 ? [""] : ["", "app:", "{app}:"]) {
    const cases = driverContract({
      drivers: [await create(keyPrefix), await create(keyPrefix)],
      command: (command, ...args) => door.call(command!, ...args),
      keyPrefix,
    });
    describe(`the Cluster of ${name}${keyPrefix && `, with the keyPrefix ${keyPrefix}`}`, () => {
      test.for([...cases])("$title", (each: (typeof cases)[number]) => each.run());
    });
  }
}
