import type { RedisConnection } from "@distlock/core";
import { ioredisConnection } from "@distlock/ioredis";
import { nodeRedisConnection } from "@distlock/node-redis";
import { endOf, type Ioredis, type NodeRedis } from "./clients";

/** What a driver is made of, so that a test can put one together from two. */
export interface TestConnection {
  readonly connection: RedisConnection;
  /** Ends the client at once. */
  close(): unknown;
}

type Connect = (url: string, lazy?: "lazy") => Promise<TestConnection>;

const ioredis =
  (load: () => Promise<{ readonly Redis: new (url: string, options: object) => Ioredis }>): Connect =>
  async (url, lazy) => {
    const client = new (await load()).Redis(url, { lazyConnect: lazy !== undefined });
    client.on("error", () => {});
    return { connection: ioredisConnection(client), close: () => client.disconnect() };
  };

const nodeRedis =
  (load: () => Promise<{ createClient(options: { url: string }): unknown }>): Connect =>
  async (url, lazy) => {
    const client = (await load()).createClient({ url }) as NodeRedis;
    client.on("error", () => {});
    if (!lazy) await client.connect();
    return { connection: nodeRedisConnection(client), close: endOf(client) };
  };

/** The newest client of each major version; `"lazy"` for one that does not connect itself. */
export const connections: Readonly<Record<string, Connect>> = {
  "ioredis 5.11.1": ioredis(() => import("ioredis-5")),
  "ioredis 6.0.0": ioredis(() => import("ioredis-6")),
  "redis 4.7.1": nodeRedis(() => import("redis-4")),
  "redis 5.12.1": nodeRedis(() => import("redis-5")),
  "redis 6.3.1": nodeRedis(() => import("redis-6")),
};
