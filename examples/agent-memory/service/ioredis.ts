import { ioredisConnection, ioredisDriver } from "@distlock/ioredis";
import { Redis } from "ioredis";
import type { OpenRedis } from "./open-redis";

export function openRedis(url: string): OpenRedis {
  const redis = new Redis(url, { maxRetriesPerRequest: 1 });
  redis.on("error", (error) => console.error("redis:", error.message));
  return {
    driver: ioredisDriver(redis),
    connection: ioredisConnection(redis),
    isReady: () => redis.status === "ready",
    close: () => redis.disconnect(),
  };
}
