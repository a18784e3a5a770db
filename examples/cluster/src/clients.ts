import { ioredisConnection, ioredisDriver } from "@distlock/ioredis";
import { nodeRedisConnection, nodeRedisDriver } from "@distlock/node-redis";
import type { Client, Library } from "@distlock-examples/failover/client";
import type { HostPort } from "@distlock-examples/failover/options";
import { Cluster } from "ioredis";
import { createCluster } from "redis";

export interface Address {
  readonly nodes: readonly HostPort[];
  readonly login: { readonly username?: string; readonly password?: string };
}

function ioredisCluster({ nodes, login }: Address): Client {
  // No other settings: commands that it gives up during a failover, after about 1 s, are sent again by who waits for a lock.
  const redis = new Cluster([...nodes], { redisOptions: { ...login }, lazyConnect: true });
  redis.on("error", () => {}); // it connects again by itself; the locker tells whose call failed
  return {
    driver: ioredisDriver(redis),
    connection: ioredisConnection(redis),
    connect: () => redis.connect(),
    close: () => redis.disconnect(),
  };
}

function nodeRedisCluster({ nodes, login }: Address): Client {
  const redis = createCluster({
    rootNodes: nodes.map((socket) => ({ socket })),
    defaults: { ...login },
    // How long to knock at a dead primary before the others are asked who has its slots now: 5 s by default.
    topologyRefreshOnReconnectionAttemptStrategy: 1_000,
  });
  // Without a listener the process would end with the first connection that breaks.
  redis.on("error", () => {});
  return {
    driver: nodeRedisDriver(redis),
    connection: nodeRedisConnection(redis),
    connect: () => redis.connect(),
    close: () => redis.destroy(),
  };
}

export const openClient = (library: Library, address: Address): Client =>
  library === "ioredis" ? ioredisCluster(address) : nodeRedisCluster(address);
