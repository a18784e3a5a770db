import { nodeRedisConnection, nodeRedisDriver } from "@distlock/node-redis";
import { createClient } from "redis";
import type { OpenRedis } from "./open-redis";

export function openRedis(url: string): OpenRedis {
  const redis = createClient({ url, disableOfflineQueue: true });
  redis.on("error", (error) => console.error("redis:", error.message));
  redis.connect().catch(() => {});
  return {
    driver: nodeRedisDriver(redis),
    connection: nodeRedisConnection(redis),
    isReady: () => redis.isReady,
    close: () => redis.destroy(),
  };
}
