import { randomUUID } from "node:crypto";
import { ioredisConnection } from "@distlock/ioredis";
import { type NodeRedisClient, nodeRedisConnection } from "@distlock/node-redis";
import { startRedis } from "@distlock/testing";
import { Cluster } from "ioredis";
import { createCluster } from "redis";
import { afterAll, describe, test } from "vitest";
import { memoryContract } from "../../src/contract";
import { RedisMemory } from "../../src/index";

/** A Cluster of one node refuses keys of several slots as any other does. */
const server = await startRedis({ args: ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"] });
await server.command("CLUSTER", "ADDSLOTS", ...Array.from({ length: 16_384 }, (_, slot) => String(slot)));
while (!String(await server.command("CLUSTER", "INFO")).includes("cluster_state:ok")) await new Promise(setImmediate);

const ioredis = new Cluster([{ host: server.host, port: server.port }], { keyPrefix: "app:" });
const nodeRedis = createCluster({ rootNodes: [{ url: server.url }] });
nodeRedis.on("error", () => {});
await nodeRedis.connect();

afterAll(async () => {
  ioredis.disconnect();
  nodeRedis.destroy();
  await server.stop();
});

describe.for([
  ["ioredis with keyPrefix", ioredisConnection(ioredis)],
  ["node-redis", nodeRedisConnection(nodeRedis as unknown as NodeRedisClient)],
] as const)("RedisMemory in a Cluster, %s", ([, connection]) => {
  const create = () => {
    const session = `${randomUUID()}}{`;
    return [new RedisMemory(connection, { session }), new RedisMemory(connection, { session })] as const;
  };
  const cases = memoryContract({
    create,
    parts: ["search", "append", "replace", "pages", "signal", "names", "fences"],
  });
  test.for(cases.map(({ title, run }) => [title, run] as const))("%s", ([, run]) => run());
});
