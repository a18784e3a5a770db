import type { Driver, RedisConnection } from "@distlock/core";
import { ioredisConnection, ioredisDriver } from "@distlock/ioredis";
import { nodeRedisConnection, nodeRedisDriver } from "@distlock/node-redis";
import type { Library } from "@distlock-examples/standalone/library";
import { Redis } from "ioredis";
import { createClient } from "redis";

/** One client, as the locker and the memory need it. A service has one of the two below. */
export interface OpenRedis {
  readonly driver: Driver;
  readonly connection: RedisConnection;
  /** Whether it is connected now. */
  isReady(): boolean;
  close(): void;
}

/** Both fail a command soon while Redis is away, so that a request gets its 503, and go on trying to connect. */
const open = {
  ioredis(url: string): OpenRedis {
    const redis = new Redis(url, { maxRetriesPerRequest: 1 });
    redis.on("error", (error) => console.error("redis:", error.message));
    return {
      driver: ioredisDriver(redis),
      connection: ioredisConnection(redis),
      isReady: () => redis.status === "ready",
      close: () => redis.disconnect(),
    };
  },

  "node-redis"(url: string): OpenRedis {
    const redis = createClient({ url, disableOfflineQueue: true });
    redis.on("error", (error) => console.error("redis:", error.message));
    redis.connect().catch(() => {});
    return {
      driver: nodeRedisDriver(redis),
      connection: nodeRedisConnection(redis),
      isReady: () => redis.isReady,
      close: () => redis.destroy(),
    };
  },
};

export const openRedis = (library: Library, url: string): OpenRedis => open[library](url);
