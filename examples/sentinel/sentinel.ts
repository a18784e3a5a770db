import { ioredisConnection, ioredisDriver } from "@distlock/ioredis";
import { nodeRedisConnection, nodeRedisDriver } from "@distlock/node-redis";
import type { Client, Library } from "@distlock-examples/failover/client";
import type { HostPort } from "@distlock-examples/failover/options";
import { Redis } from "ioredis";
import { createSentinel } from "redis";

export interface Address {
  /** What the Sentinels call the primary. */
  readonly name: string;
  readonly sentinels: readonly HostPort[];
  readonly login: { readonly username?: string; readonly password?: string };
  readonly sentinelPassword?: string;
}

function ioredisSentinel({ name, sentinels, login, sentinelPassword }: Address): Client {
  const redis = new Redis({
    name,
    sentinels: [...sentinels], // all of them: one may be down with the primary
    ...login,
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    lazyConnect: true,
    // A primary that is frozen or cut off ends no connection: without this, ioredis stays with it. Runs while answers are due.
    socketTimeout: 1_000,
    // The default of ioredis 6 comes to wait 5 s between two attempts, while the new primary is there after 2 s.
    retryStrategy: (attempt) => Math.min(attempt * 50, 500),
  });
  redis.on("error", () => {}); // it connects again by itself; the locker tells whose call failed
  return {
    driver: ioredisDriver(redis),
    connection: ioredisConnection(redis),
    connect: () => redis.connect(),
    close: () => redis.disconnect(),
  };
}

function nodeRedisSentinel({ name, sentinels, login, sentinelPassword }: Address): Client {
  const redis = createSentinel({
    name,
    sentinelRootNodes: [...sentinels], // all of them: one may be down with the primary
    nodeClientOptions: { ...login },
    ...(sentinelPassword !== undefined && { sentinelClientOptions: { password: sentinelPassword } }),
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
  library === "ioredis" ? ioredisSentinel(address) : nodeRedisSentinel(address);
