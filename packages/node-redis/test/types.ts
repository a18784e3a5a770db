import { nodeRedisDriver } from "@distlock/node-redis";
import * as redis4 from "redis-4";
import * as redis46 from "redis-4.6";
import * as redis5 from "redis-5";
import * as redis50 from "redis-5.0";
import * as redis58 from "redis-5.8";
import * as redis6 from "redis-6";
import * as redis60 from "redis-6.0";

const url = "redis://127.0.0.1";
const nodes = { rootNodes: [{ url }] };
const sentinel = { name: "main", sentinelRootNodes: [{ host: "127.0.0.1", port: 26379 }] };
const typeMapping = { [redis6.RESP_TYPES.NUMBER]: String, [redis6.RESP_TYPES.BLOB_STRING]: Buffer };
const commandOptions = { typeMapping };
const empty = { modules: {}, functions: {}, scripts: {} };

/** Never run: it only has to compile. Whatever client users have is taken as it is, without a cast. */
export const fits = {
  "redis 4.6": (client: redis46.RedisClientType, cluster: redis46.RedisClusterType) => {
    const add = redis46.defineScript({
      NUMBER_OF_KEYS: 1,
      SCRIPT: "return redis.call('INCR', KEYS[1])",
      transformArguments: (key: string) => [key],
      transformReply: (reply: number) => reply,
    });
    return [
      nodeRedisDriver(client),
      nodeRedisDriver(client.duplicate()),
      nodeRedisDriver(redis46.createClient()),
      nodeRedisDriver(redis46.createClient({ url, database: 1, ...empty })),
      nodeRedisDriver(redis46.createClient({ scripts: { add } })),
      nodeRedisDriver(cluster),
      nodeRedisDriver(redis46.createCluster(nodes)),
      nodeRedisDriver(redis46.createCluster({ ...nodes, scripts: { add } })),
    ];
  },

  "redis 4": (client: redis4.RedisClientType, cluster: redis4.RedisClusterType) => {
    const add = redis4.defineScript({
      NUMBER_OF_KEYS: 1,
      SCRIPT: "return redis.call('INCR', KEYS[1])",
      transformArguments: (key: string) => [key],
      transformReply: (reply: number) => reply,
    });
    return [
      nodeRedisDriver(client),
      nodeRedisDriver(client.duplicate()),
      nodeRedisDriver(redis4.createClient()),
      nodeRedisDriver(redis4.createClient({ url, database: 1, ...empty })),
      nodeRedisDriver(redis4.createClient({ scripts: { add } })),
      nodeRedisDriver(cluster),
      nodeRedisDriver(redis4.createCluster(nodes)),
      nodeRedisDriver(redis4.createCluster({ ...nodes, scripts: { add } })),
    ];
  },

  "redis 5.0": (
    client: redis50.RedisClientType,
    cluster: redis50.RedisClusterType,
    sentinels: redis50.RedisSentinelType,
  ) => [
    nodeRedisDriver(client),
    nodeRedisDriver(client.duplicate()),
    nodeRedisDriver(client.withTypeMapping(typeMapping)),
    nodeRedisDriver(redis50.createClient()),
    nodeRedisDriver(redis50.createClient({ url, ...empty })),
    nodeRedisDriver(redis50.createClient({ RESP: 2, commandOptions })),
    nodeRedisDriver(redis50.createClient({ RESP: 3, commandOptions })),
    nodeRedisDriver(cluster),
    nodeRedisDriver(redis50.createCluster(nodes)),
    nodeRedisDriver(redis50.createCluster({ ...nodes, RESP: 3, commandOptions })),
    nodeRedisDriver(sentinels),
    nodeRedisDriver(redis50.createSentinel(sentinel)),
    nodeRedisDriver(redis50.createSentinel({ ...sentinel, RESP: 3, commandOptions })),
  ],

  "redis 5.8": (
    client: redis58.RedisClientType,
    pool: ReturnType<typeof redis58.createClientPool>,
    cluster: redis58.RedisClusterType,
    sentinels: redis58.RedisSentinelType,
  ) => [
    nodeRedisDriver(client),
    nodeRedisDriver(client.duplicate()),
    nodeRedisDriver(client.withTypeMapping(typeMapping)),
    nodeRedisDriver(redis58.createClient()),
    nodeRedisDriver(redis58.createClient({ url, ...empty })),
    nodeRedisDriver(redis58.createClient({ RESP: 2, commandOptions })),
    nodeRedisDriver(redis58.createClient({ RESP: 3, commandOptions })),
    nodeRedisDriver(pool),
    nodeRedisDriver(redis58.createClientPool()),
    nodeRedisDriver(redis58.createClientPool({ RESP: 3, commandOptions }, { maximum: 4 })),
    nodeRedisDriver(cluster),
    nodeRedisDriver(redis58.createCluster(nodes)),
    nodeRedisDriver(redis58.createCluster({ ...nodes, RESP: 3, commandOptions })),
    nodeRedisDriver(sentinels),
    nodeRedisDriver(redis58.createSentinel(sentinel)),
    nodeRedisDriver(redis58.createSentinel({ ...sentinel, RESP: 3, commandOptions })),
  ],

  "redis 5": (
    client: redis5.RedisClientType,
    pool: redis5.RedisClientPoolType,
    cluster: redis5.RedisClusterType,
    sentinels: redis5.RedisSentinelType,
  ) => [
    nodeRedisDriver(client),
    nodeRedisDriver(client.duplicate()),
    nodeRedisDriver(client.withTypeMapping(typeMapping)),
    nodeRedisDriver(redis5.createClient()),
    nodeRedisDriver(redis5.createClient({ url, ...empty })),
    nodeRedisDriver(redis5.createClient({ RESP: 2, commandOptions })),
    nodeRedisDriver(redis5.createClient({ RESP: 3, commandOptions })),
    nodeRedisDriver(pool),
    nodeRedisDriver(redis5.createClientPool()),
    nodeRedisDriver(redis5.createClientPool({ RESP: 3, commandOptions }, { maximum: 4 })),
    nodeRedisDriver(cluster),
    nodeRedisDriver(redis5.createCluster(nodes)),
    nodeRedisDriver(redis5.createCluster({ ...nodes, RESP: 3, commandOptions })),
    nodeRedisDriver(sentinels),
    nodeRedisDriver(redis5.createSentinel(sentinel)),
    nodeRedisDriver(redis5.createSentinel({ ...sentinel, RESP: 3, commandOptions })),
  ],

  "redis 6.0": (
    client: redis60.RedisClientType,
    pool: redis60.RedisClientPoolType,
    cluster: redis60.RedisClusterType,
    sentinels: redis60.RedisSentinelType,
  ) => [
    nodeRedisDriver(client),
    nodeRedisDriver(client.duplicate()),
    nodeRedisDriver(client.withTypeMapping(typeMapping)),
    nodeRedisDriver(redis60.createClient()),
    nodeRedisDriver(redis60.createClient({ url, ...empty })),
    nodeRedisDriver(redis60.createClient({ RESP: 2, commandOptions })),
    nodeRedisDriver(redis60.createClient({ RESP: 3, commandOptions })),
    nodeRedisDriver(pool),
    nodeRedisDriver(redis60.createClientPool()),
    nodeRedisDriver(redis60.createClientPool({ RESP: 2, commandOptions }, { maximum: 4 })),
    nodeRedisDriver(cluster),
    nodeRedisDriver(redis60.createCluster(nodes)),
    nodeRedisDriver(redis60.createCluster({ ...nodes, RESP: 2, commandOptions })),
    nodeRedisDriver(sentinels),
    nodeRedisDriver(redis60.createSentinel(sentinel)),
    nodeRedisDriver(redis60.createSentinel({ ...sentinel, RESP: 2, commandOptions })),
  ],

  "redis 6": (
    client: redis6.RedisClientType,
    pool: redis6.RedisClientPoolType,
    cluster: redis6.RedisClusterType,
    sentinels: redis6.RedisSentinelType,
  ) => [
    nodeRedisDriver(client),
    nodeRedisDriver(client.duplicate()),
    nodeRedisDriver(client.withTypeMapping(typeMapping)),
    nodeRedisDriver(redis6.createClient()),
    nodeRedisDriver(redis6.createClient({ url, ...empty })),
    nodeRedisDriver(redis6.createClient({ RESP: 2, commandOptions, keyPrefix: "app:" })),
    nodeRedisDriver(redis6.createClient({ RESP: 3, commandOptions })),
    nodeRedisDriver(pool),
    nodeRedisDriver(redis6.createClientPool()),
    nodeRedisDriver(redis6.createClientPool({ RESP: 2, commandOptions }, { maximum: 4 })),
    nodeRedisDriver(cluster),
    nodeRedisDriver(redis6.createCluster(nodes)),
    nodeRedisDriver(redis6.createCluster({ ...nodes, RESP: 2, commandOptions })),
    nodeRedisDriver(sentinels),
    nodeRedisDriver(redis6.createSentinel(sentinel)),
    nodeRedisDriver(redis6.createSentinel({ ...sentinel, RESP: 2, commandOptions })),
  ],

  // @ts-expect-error: a client of another library
  "another client": (client: { evalsha(): Promise<unknown>; isOpen: boolean }) => nodeRedisDriver(client),
};
