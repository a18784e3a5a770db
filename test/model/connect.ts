import { ioredisConnection } from "@distlock/ioredis";
import { nodeRedisConnection } from "@distlock/node-redis";
import { Redis as Redis5 } from "ioredis-5.3";
import { Redis as Redis6 } from "ioredis-6";
import { createClient } from "redis-6";
import type { RedisConnection } from "./core";

export interface Connected {
  readonly connection: RedisConnection;
  /** At once, and without a word to the server. */
  destroy(): void;
}

type Connect = (url: string, name: string) => Promise<Connected>;

const ofIoredis =
  (Redis: typeof Redis6): Connect =>
  async (url, name) => {
    const client = new Redis(url, { connectionName: name });
    client.on("error", () => {});
    return { connection: ioredisConnection(client), destroy: () => client.disconnect() };
  };

const ofNodeRedis: Connect = async (url, name) => {
  const client = createClient({ url, name });
  client.on("error", () => {});
  await client.connect();
  return { connection: nodeRedisConnection(client), destroy: () => client.destroy() };
};

/** One for each locker of a world. `name` is that of all its connections at the server. */
export const connects: readonly Connect[] = [
  ofIoredis(Redis6),
  ofNodeRedis,
  ofIoredis(Redis5 as unknown as typeof Redis6),
];
