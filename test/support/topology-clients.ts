import type { RedisCluster, RedisSentinel, RedisServer } from "@distlock/testing";
import {
  type Connect,
  clients,
  type Ioredis,
  type NodeRedis,
  ofIoredis,
  ofNodeRedis,
  type TestClient,
} from "./clients";

/** Where a topology is, in one string: `sentinel://name@7000,7001,7002` or `cluster://7000,7001,7002`. */
export const urlOf = (topology: RedisCluster | RedisSentinel): string =>
  "sentinels" in topology
    ? `sentinel://${topology.name}@${ports(topology.sentinels)}`
    : `cluster://${ports(topology.nodes.slice(0, 3))}`;

const ports = (servers: readonly RedisServer[]): string => servers.map(({ port }) => port).join();

interface Address {
  readonly host: string;
  readonly port: number;
}

const addresses = (list: string): Address[] =>
  list.split(",").map((port) => ({ host: "127.0.0.1", port: Number(port) }));

const sentinelsOf = (url: string) => {
  const [name = "", list = ""] = url.replace("sentinel://", "").split("@");
  return { name, sentinels: addresses(list) };
};

const nodesOf = (url: string) => addresses(url.replace("cluster://", ""));

/** After how many ms a client that is told to takes a connection without an answer for one that is lost. */
export const NOTICE = 1_000;

const rootNodesOf = (url: string) => nodesOf(url).map((socket) => ({ socket }));

interface Ioredises {
  readonly Redis: new (options: object) => Ioredis;
  readonly Cluster: new (nodes: Address[], options: object) => Ioredis;
}
/** As its users make it; what tells of a silent connection before 5.4, which has no `socketTimeout`, is here as well. */
const ioredisSentinel =
  (load: () => Promise<Pick<Ioredises, "Redis">>, notice: object = { socketTimeout: NOTICE }): Connect =>
  async (url) =>
    ofIoredis(new (await load()).Redis({ ...sentinelsOf(url), ...notice }));
const ioredisCluster =
  (
    load: () => Promise<Pick<Ioredises, "Cluster">>,
    notice: object = { redisOptions: { socketTimeout: NOTICE } },
  ): Connect =>
  async (url) =>
    ofIoredis(new (await load()).Cluster(nodesOf(url), notice));

interface NodeRedises {
  createSentinel(options: { name: string; sentinelRootNodes: Address[] }): unknown;
  createCluster(options: { rootNodes: { socket: Address }[] }): unknown;
}
const nodeRedisSentinel =
  (load: () => Promise<Pick<NodeRedises, "createSentinel">>): Connect =>
  async (url) => {
    const { name, sentinels } = sentinelsOf(url);
    return ofNodeRedis((await load()).createSentinel({ name, sentinelRootNodes: sentinels }) as NodeRedis);
  };
const nodeRedisCluster =
  (load: () => Promise<Pick<NodeRedises, "createCluster">>): Connect =>
  async (url) =>
    ofNodeRedis((await load()).createCluster({ rootNodes: rootNodesOf(url) }) as NodeRedis);

/** Every client version that can ask Sentinels. */
export const sentinelClients: Readonly<Record<string, Connect>> = {
  "ioredis 5.3.0": ioredisSentinel(() => import("ioredis-5.3"), { failoverDetector: true }),
  "ioredis 5.10.0": ioredisSentinel(() => import("ioredis-5.10")),
  "ioredis 5.11.1": ioredisSentinel(() => import("ioredis-5")),
  "ioredis 6.0.0": ioredisSentinel(() => import("ioredis-6")),
  "iovalkey 0.4.0": ioredisSentinel(() => import("iovalkey")),
  "redis 5.0.0": nodeRedisSentinel(() => import("redis-5.0")),
  "redis 5.8.0": nodeRedisSentinel(() => import("redis-5.8")),
  "redis 5.12.1": nodeRedisSentinel(() => import("redis-5")),
  "redis 6.0.0": nodeRedisSentinel(() => import("redis-6.0")),
  "redis 6.3.1": nodeRedisSentinel(() => import("redis-6")),
};

export const clusterClients: Readonly<Record<string, Connect>> = {
  "ioredis 5.3.0": ioredisCluster(() => import("ioredis-5.3"), { slotsRefreshInterval: NOTICE }),
  "ioredis 5.10.0": ioredisCluster(() => import("ioredis-5.10")),
  "ioredis 5.11.1": ioredisCluster(() => import("ioredis-5")),
  "ioredis 6.0.0": ioredisCluster(() => import("ioredis-6")),
  "iovalkey 0.4.0": ioredisCluster(() => import("iovalkey")),
  "redis 4.6.0": nodeRedisCluster(() => import("redis-4.6")),
  "redis 4.7.1": nodeRedisCluster(() => import("redis-4")),
  "redis 5.0.0": nodeRedisCluster(() => import("redis-5.0")),
  "redis 5.8.0": nodeRedisCluster(() => import("redis-5.8")),
  "redis 5.12.1": nodeRedisCluster(() => import("redis-5")),
  "redis 6.0.0": nodeRedisCluster(() => import("redis-6.0")),
  "redis 6.3.1": nodeRedisCluster(() => import("redis-6")),
};

/** A client of this version, of whatever the url names. */
export function connectTo(name: string, url: string): Promise<TestClient> {
  const kinds = { sentinel: sentinelClients, cluster: clusterClients, redis: clients };
  return kinds[url.split(":")[0] as keyof typeof kinds][name]!(url);
}
