import { type Driver, type RedisConnection, redisDriver } from "@distlock/core";
import { type IoredisClient, ioredisConnection } from "@distlock/ioredis";
import { type NodeRedisClient, nodeRedisConnection } from "@distlock/node-redis";

/** A client of one library and version, and what the tests do with it besides locking. */
export interface TestClient {
  readonly connection: RedisConnection;
  readonly driver: Driver;
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
  /** Ends the connection at once. */
  close(): unknown;
}

export interface Ioredis extends IoredisClient {
  on(event: "error", listener: (error: Error) => void): unknown;
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
  disconnect(): void;
}

export function ofIoredis(client: Ioredis): TestClient {
  client.on("error", () => {});
  const connection = ioredisConnection(client);
  return {
    connection,
    driver: redisDriver(connection),
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
  disconnect(): Promise<unknown>;
  /** 5 and later. */
  destroy?(): unknown;
}

/** Ends a client of whichever version at once. */
export const endOf = (client: Pick<NodeRedis, "destroy" | "disconnect">) => (): unknown =>
  client.destroy ? client.destroy() : client.disconnect();

export async function ofNodeRedis(client: NodeRedis, close: () => unknown = endOf(client)): Promise<TestClient> {
  client.on("error", () => {});
  await client.connect();
  const connection = nodeRedisConnection(client);
  return {
    connection,
    driver: redisDriver(connection),
    get: (key) => client.get(key),
    set: (key, value) => client.set(key, value),
    close,
  };
}

export type Connect = (url: string) => Promise<TestClient>;

const ioredis =
  (load: () => Promise<{ readonly Redis: new (url: string) => Ioredis }>): Connect =>
  async (url) =>
    ofIoredis(new (await load()).Redis(url));

const nodeRedis =
  (load: () => Promise<{ createClient(options: { url: string }): unknown }>): Connect =>
  async (url) =>
    ofNodeRedis((await load()).createClient({ url }) as NodeRedis);

/**
 * Every client version that is tested, connected to a server: of each major version the oldest that is supported, one in the
 * middle and the newest. Loaded when it is used: each worker process has one.
 */
export const clients: Readonly<Record<string, Connect>> = {
  "ioredis 5.3.0": ioredis(() => import("ioredis-5.3")),
  "ioredis 5.10.0": ioredis(() => import("ioredis-5.10")),
  "ioredis 5.11.1": ioredis(() => import("ioredis-5")),
  "ioredis 6.0.0": ioredis(() => import("ioredis-6")),
  "iovalkey 0.4.0": ioredis(() => import("iovalkey")),
  "redis 4.6.0": nodeRedis(() => import("redis-4.6")),
  "redis 4.7.1": nodeRedis(() => import("redis-4")),
  "redis 5.0.0": nodeRedis(() => import("redis-5.0")),
  "redis 5.8.0": nodeRedis(() => import("redis-5.8")),
  "redis 5.12.1": nodeRedis(() => import("redis-5")),
  "redis 6.0.0": nodeRedis(() => import("redis-6.0")),
  "redis 6.3.1": nodeRedis(() => import("redis-6")),
};

/** The newest of each major version: what every client is tested with, these are. */
export const newest: readonly string[] = [
  "ioredis 5.11.1",
  "ioredis 6.0.0",
  "redis 4.7.1",
  "redis 5.12.1",
  "redis 6.3.1",
];

/** The rest, on which the driver contract, waiting and memory are tested. */
export const others: readonly string[] = Object.keys(clients).filter((name) => !newest.includes(name));

/** Of a table of clients those that are the newest of their major versions. */
export const newestOf = <T>(table: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(table).filter(([name]) => newest.includes(name)));
