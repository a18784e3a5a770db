import type { RedisConnection } from "@distlock/core";
import { ioredisConnection } from "@distlock/ioredis";
import { type NodeRedisClient, nodeRedisConnection } from "@distlock/node-redis";
import { Redis as Redis5 } from "ioredis-5";
import { Redis as Redis6 } from "ioredis-6";
import * as redis4 from "redis-4";
import * as redis5 from "redis-5";
import * as redis6 from "redis-6";

/** What a driver is made of, so that a test can put one together from two. */
export interface TestConnection {
  readonly connection: RedisConnection;
  /** Ends the client at once. */
  close(): unknown;
}

function ofIoredis(client: Redis5 | Redis6): TestConnection {
  client.on("error", () => {});
  return { connection: ioredisConnection(client), close: () => client.disconnect() };
}

async function ofNodeRedis(client: NodeRedisClient, close: () => unknown, lazy?: "lazy"): Promise<TestConnection> {
  const { on, connect } = client as unknown as redis6.RedisClientType;
  on.call(client, "error", () => {});
  if (!lazy) await connect.call(client);
  return { connection: nodeRedisConnection(client), close };
}

/** Every client version that is supported; `"lazy"` for one that does not connect itself. */
export const connections: Readonly<Record<string, (url: string, lazy?: "lazy") => Promise<TestConnection>>> = {
  "ioredis 5.11.1": async (url, lazy) => ofIoredis(new Redis5(url, { lazyConnect: lazy !== undefined })),
  "ioredis 6.0.0": async (url, lazy) => ofIoredis(new Redis6(url, { lazyConnect: lazy !== undefined })),
  "redis 4.7.1": (url, lazy) => {
    const client = redis4.createClient({ url });
    return ofNodeRedis(client, () => client.disconnect(), lazy);
  },
  "redis 5.12.1": (url, lazy) => {
    const client = redis5.createClient({ url });
    return ofNodeRedis(client as unknown as NodeRedisClient, () => client.destroy(), lazy);
  },
  "redis 6.3.1": (url, lazy) => {
    const client = redis6.createClient({ url });
    return ofNodeRedis(client as unknown as NodeRedisClient, () => client.destroy(), lazy);
  },
};
