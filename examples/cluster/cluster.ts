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
  // A node that is frozen or cut off ends no connection: without a socketTimeout, ioredis stays with it. Commands that it gives
  // up during a failover, after about 1 s, are sent again by who waits for a lock.
  const redis = new Cluster([...nodes], { redisOptions: { ...login, socketTimeout: 1_000 }, lazyConnect: true });
  redis.on("error", () => {}); // it connects again by itself; the locker tells whose call failed
  return {
    driver: ioredisDriver(redis),
    connection: ioredisConnection(redis),
    connect: () => redis.connect(),
    close: () => redis.disconnect(),
  };
}

/** No more settings: the driver has it look for the new primary of a slot when the old one does not answer. */
function nodeRedisCluster({ nodes, login }: Address): Client {
  const redis = createCluster({
    rootNodes: nodes.map((socket) => ({ socket })),
    defaults: { ...login },
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
