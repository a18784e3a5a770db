import type { Driver } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { type NodeRedisClient, nodeRedisDriver } from "@distlock/node-redis";
import type { Cluster as Cluster5, Redis as Redis5 } from "ioredis-5";
import type { Cluster as Cluster6, Redis as Redis6 } from "ioredis-6";

/** A client of one library and version, and what the tests do with it besides locking. */
export interface TestClient {
  readonly driver: Driver;
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
  /** Ends the connection at once. */
  close(): unknown;
}

export function ofIoredis(client: Redis5 | Redis6 | Cluster5 | Cluster6): TestClient {
  (client as Redis6).on("error", () => {});
  return {
    driver: ioredisDriver(client),
    get: (key) => client.get(key),
    set: (key, value) => client.set(key, value),
    close: () => client.disconnect(),
  };
}

export interface NodeRedis extends NodeRedisClient {
  on(event: "error", listener: (error: Error) => void): unknown;
  connect(): Promise<unknown>;
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
}

export async function ofNodeRedis(client: NodeRedis, close: () => unknown): Promise<TestClient> {
  client.on("error", () => {});
  await client.connect();
  return {
    driver: nodeRedisDriver(client),
    get: (key) => client.get(key),
    set: (key, value) => client.set(key, value),
    close,
  };
}

/** Every client version that is supported, connected to a server. Loaded when it is used: each worker process has one. */
export const clients: Readonly<Record<string, (url: string) => Promise<TestClient>>> = {
  "ioredis 5.11.1": async (url) => ofIoredis(new (await import("ioredis-5")).Redis(url)),
  "ioredis 6.0.0": async (url) => ofIoredis(new (await import("ioredis-6")).Redis(url)),
  "redis 4.7.1": async (url) => {
    const client = (await import("redis-4")).createClient({ url });
    return ofNodeRedis(client as unknown as NodeRedis, () => client.disconnect());
  },
  "redis 5.12.1": async (url) => {
    const client = (await import("redis-5")).createClient({ url });
    return ofNodeRedis(client as unknown as NodeRedis, () => client.destroy());
  },
  "redis 6.3.1": async (url) => {
    const client = (await import("redis-6")).createClient({ url });
    return ofNodeRedis(client as unknown as NodeRedis, () => client.destroy());
  },
};
