import { ioredisConnection } from "@distlock/ioredis";
import { type NodeRedisClient, nodeRedisConnection } from "@distlock/node-redis";
import { Redis } from "ioredis";
import { createClient, RESP_TYPES } from "redis";
import { atEndOfFile } from "../../../../test/support/end-of-file";
import { assertConnection, type ListConnection } from "../../src/store/assert-connection";

export interface IoredisSetting {
  keyPrefix?: string;
  retryStrategy?: () => null;
  maxRetriesPerRequest?: number | null;
  username?: string;
  password?: string;
}

export interface NodeRedisSetting {
  RESP?: 2 | 3;
  commandOptions?: object;
  username?: string;
  password?: string;
}

/** An ioredis client that is closed after the file's tests. */
export function ioredis(port: number, options: IoredisSetting = {}): Redis {
  const client = new Redis(port, { lazyConnect: true, ...options });
  client.on("error", () => {});
  atEndOfFile(() => client.disconnect());
  return client;
}

/** A connected node-redis client that is closed after the file's tests. */
export async function nodeRedis(port: number, options: NodeRedisSetting = {}): Promise<NodeRedisClient> {
  const client = createClient({ socket: { port }, ...(options as object) });
  client.on("error", () => {});
  await client.connect();
  atEndOfFile(() => client.destroy());
  return client as unknown as NodeRedisClient;
}

export function viaIoredis(port: number, options?: IoredisSetting): ListConnection {
  const connection = ioredisConnection(ioredis(port, options));
  assertConnection("a test", connection);
  return connection;
}

export async function viaNodeRedis(port: number, options?: NodeRedisSetting): Promise<ListConnection> {
  const connection = nodeRedisConnection(await nodeRedis(port, options));
  assertConnection("a test", connection);
  return connection;
}

/** A setting as the caller's other code may want it: strings as buffers, numbers as strings. */
export const buffers: NodeRedisSetting = {
  commandOptions: {
    typeMapping: {
      [RESP_TYPES.NUMBER]: String,
      [RESP_TYPES.BLOB_STRING]: Buffer,
      [RESP_TYPES.SIMPLE_STRING]: Buffer,
    },
  },
};
