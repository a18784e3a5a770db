import type { Driver } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { nodeRedisDriver } from "@distlock/node-redis";
import { Redis } from "ioredis";
import { createClient } from "redis";
import type { Library } from "../library";

/** Texts by key. A text lives for an hour after it was set, so that nothing stays indefinitely. */
export interface TextStore {
  get(key: string): Promise<string | null>;
  set(key: string, text: string): Promise<void>;
  delete(key: string): Promise<void>;
}

export interface Client {
  readonly store: TextStore;
  readonly driver: Driver;
  close(): void;
}

const HOUR = 3_600;

/** Neither connects again: a demo that loses its Redis should end at once. Yours should. */
const open = {
  async ioredis(url: string): Promise<Client> {
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    redis.on("error", () => {});
    await redis.connect();
    return {
      store: {
        get: (key) => redis.get(key),
        async set(key, text) {
          await redis.set(key, text, "EX", HOUR);
        },
        async delete(key) {
          await redis.del(key);
        },
      },
      driver: ioredisDriver(redis),
      close: () => redis.disconnect(),
    };
  },

  async "node-redis"(url: string): Promise<Client> {
    const redis = createClient({ url, socket: { reconnectStrategy: false } });
    redis.on("error", () => {});
    await redis.connect();
    return {
      store: {
        get: (key) => redis.get(key),
        async set(key, text) {
          await redis.set(key, text, { expiration: { type: "EX", value: HOUR } });
        },
        async delete(key) {
          await redis.del(key);
        },
      },
      driver: nodeRedisDriver(redis),
      close: () => redis.destroy(),
    };
  },
};

/** Connects through this client library. */
export const openClient = (library: Library, url: string): Promise<Client> => open[library](url);
