import { createLocker } from "@distlock/core";
import { ioredisConnection, ioredisDriver } from "@distlock/ioredis";
import { nodeRedisConnection, nodeRedisDriver } from "@distlock/node-redis";
import { Redis } from "ioredis";
import { createSentinel } from "redis";

export interface Address {
  /** The Sentinels' name for the primary. */
  readonly name: string;
  /** All of them: one may be down with the primary. */
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  readonly login: { readonly username?: string; readonly password?: string };
  readonly sentinelPassword?: string;
}

/** A locker on ioredis. From here on it is used as on a single server. */
export function ioredisLocker({ name, sentinels, login, sentinelPassword }: Address) {
  const redis = new Redis({
    name,
    sentinels: [...sentinels],
    ...login,
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    lazyConnect: true,
    // A primary that is frozen or cut off ends no connection: without this, ioredis stays with it. It runs while replies are due.
    socketTimeout: 1_000,
    // The default of ioredis 6 comes to wait 5 s between two attempts, while the new primary is there after 2 s.
    retryStrategy: (attempt) => Math.min(attempt * 50, 500),
  });
  redis.on("error", () => {}); // it reconnects by itself; a call of the locker that failed rejects
  return {
    locker: createLocker(ioredisDriver(redis)),
    connection: ioredisConnection(redis), // for the stage of this example: a locker needs none
    connect: () => redis.connect(),
    close: () => redis.disconnect(),
  };
}

/** A locker on node-redis. */
export function nodeRedisLocker({ name, sentinels, login, sentinelPassword }: Address) {
  const redis = createSentinel({
    name,
    sentinelRootNodes: [...sentinels],
    nodeClientOptions: { ...login },
    ...(sentinelPassword !== undefined && { sentinelClientOptions: { password: sentinelPassword } }),
  });
  redis.on("error", () => {}); // without a listener the process would end with the first connection that breaks
  return {
    locker: createLocker(nodeRedisDriver(redis)),
    connection: nodeRedisConnection(redis),
    connect: () => redis.connect(),
    close: () => redis.destroy(),
  };
}
