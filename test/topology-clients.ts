import type { RedisCluster, RedisSentinel, RedisServer } from "@distlock/testing";
import { clients, type NodeRedis, ofIoredis, ofNodeRedis, type TestClient } from "./clients";

/** Where a topology is, in one string: `sentinel://name@7000,7001,7002` or `cluster://7000,7001,7002`. */
export const urlOf = (topology: RedisCluster | RedisSentinel): string =>
  "sentinels" in topology
    ? `sentinel://${topology.name}@${ports(topology.sentinels)}`
    : `cluster://${ports(topology.nodes.slice(0, 3))}`;

const ports = (servers: readonly RedisServer[]): string => servers.map(({ port }) => port).join();

const addresses = (list: string) => list.split(",").map((port) => ({ host: "127.0.0.1", port: Number(port) }));

const sentinelsOf = (url: string) => {
  const [name = "", list = ""] = url.replace("sentinel://", "").split("@");
  return { name, sentinels: addresses(list) };
};

const nodesOf = (url: string) => addresses(url.replace("cluster://", ""));

/** After how many ms a client that is told to takes a connection without an answer for one that is lost. */
export const NOTICE = 1_000;

type Connect = Readonly<Record<string, (url: string) => Promise<TestClient>>>;

/** Every client version that can ask Sentinels, made as its users make it. */
export const sentinelClients: Connect = {
  "ioredis 5.11.1": async (url) =>
    ofIoredis(new (await import("ioredis-5")).Redis({ ...sentinelsOf(url), socketTimeout: NOTICE })),
  "ioredis 6.0.0": async (url) =>
    ofIoredis(new (await import("ioredis-6")).Redis({ ...sentinelsOf(url), socketTimeout: NOTICE })),
  "redis 5.12.1": async (url) => {
    const { name, sentinels } = sentinelsOf(url);
    const client = (await import("redis-5")).createSentinel({ name, sentinelRootNodes: sentinels });
    return ofNodeRedis(client as unknown as NodeRedis, () => client.destroy());
  },
  "redis 6.3.1": async (url) => {
    const { name, sentinels } = sentinelsOf(url);
    const client = (await import("redis-6")).createSentinel({ name, sentinelRootNodes: sentinels });
    return ofNodeRedis(client as unknown as NodeRedis, () => client.destroy());
  },
};

const rootNodesOf = (url: string) => nodesOf(url).map((socket) => ({ socket }));

const ofNodes = { redisOptions: { socketTimeout: NOTICE } };

export const clusterClients: Connect = {
  "ioredis 5.11.1": async (url) => ofIoredis(new (await import("ioredis-5")).Cluster(nodesOf(url), ofNodes)),
  "ioredis 6.0.0": async (url) => ofIoredis(new (await import("ioredis-6")).Cluster(nodesOf(url), ofNodes)),
  "redis 4.7.1": async (url) => {
    const client = (await import("redis-4")).createCluster({ rootNodes: rootNodesOf(url) });
    return ofNodeRedis(client as unknown as NodeRedis, () => client.disconnect());
  },
  "redis 5.12.1": async (url) => {
    const client = (await import("redis-5")).createCluster({ rootNodes: rootNodesOf(url) });
    return ofNodeRedis(client as unknown as NodeRedis, () => client.destroy());
  },
  "redis 6.3.1": async (url) => {
    const client = (await import("redis-6")).createCluster({ rootNodes: rootNodesOf(url) });
    return ofNodeRedis(client as unknown as NodeRedis, () => client.destroy());
  },
};

/** A client of this version, of whatever the url names. */
export function connectTo(name: string, url: string): Promise<TestClient> {
  const kinds = { sentinel: sentinelClients, cluster: clusterClients, redis: clients };
  return kinds[url.split(":")[0] as keyof typeof kinds][name]!(url);
}
