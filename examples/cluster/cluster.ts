import { createLocker } from "@distlock/core";
import { ioredisConnection, ioredisDriver } from "@distlock/ioredis";
import { nodeRedisConnection, nodeRedisDriver } from "@distlock/node-redis";
import { Cluster } from "ioredis";
import { createCluster } from "redis";

export interface Address {
  /** Some nodes of the Cluster: the client finds the others. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly login: { readonly username?: string; readonly password?: string };
}

/** A locker on ioredis. From here on it is used as on a single server. */
export function ioredisLocker({ nodes, login }: Address) {
  // A node that is frozen or cut off ends no connection: without a socketTimeout, ioredis stays with it. During a failover it
  // gives a command up after about 1 s; a wait for a lock then sends its request again.
  const redis = new Cluster([...nodes], { redisOptions: { ...login, socketTimeout: 1_000 }, lazyConnect: true });
  redis.on("error", () => {}); // it reconnects by itself; a call of the locker that failed rejects
  return {
    locker: createLocker(ioredisDriver(redis)),
    connection: ioredisConnection(redis), // for the stage of this example: a locker needs none
    connect: () => redis.connect(),
    close: () => redis.disconnect(),
  };
}

/** A locker on node-redis. It needs no settings: the driver has it look for the new primary of a slot when the old one is silent. */
export function nodeRedisLocker({ nodes, login }: Address) {
  const redis = createCluster({ rootNodes: nodes.map((socket) => ({ socket })), defaults: { ...login } });
  redis.on("error", () => {}); // without a listener the process would end with the first connection that breaks
  return {
    locker: createLocker(nodeRedisDriver(redis)),
    connection: nodeRedisConnection(redis),
    connect: () => redis.connect(),
    close: () => redis.destroy(),
  };
}
