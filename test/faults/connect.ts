import type { Driver } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { type NodeRedisClient, nodeRedisDriver } from "@distlock/node-redis";
import { Redis as Redis5 } from "ioredis-5.3";
import { Redis as Redis6 } from "ioredis-6";
import * as redis4 from "redis-4.6";
import * as redis6 from "redis-6";

export interface Connected {
  readonly driver: Driver;
  /** Resolves when the server answered. */
  ping(): Promise<unknown>;
  /** What the client says of its connection. */
  state(): string;
  close(): unknown;
}

/** Between two attempts to connect, in ms: short, so that a round tests us and not the pauses of a client. */
const PAUSE = 100;

function ofIoredis(Redis: typeof Redis6, url: string): Connected {
  const client = new Redis(url, { retryStrategy: () => PAUSE });
  client.on("error", () => {});
  return {
    driver: ioredisDriver(client),
    ping: () => client.ping(),
    state: () => client.status,
    close: () => client.disconnect(),
  };
}

interface NodeRedis extends NodeRedisClient {
  readonly isReady: boolean;
  on(event: "error", listener: () => void): unknown;
  connect(): Promise<unknown>;
  ping(): Promise<unknown>;
}

async function ofNodeRedis(client: NodeRedis, close: () => unknown): Promise<Connected> {
  client.on("error", () => {});
  await client.connect();
  const state = () => (client.isReady ? "ready" : "not ready");
  return { driver: nodeRedisDriver(client), ping: () => client.ping(), state, close };
}

const settings = (url: string) => ({ url, socket: { reconnectStrategy: () => PAUSE } });

/** The oldest and the newest of each client that are supported. */
export const connect: Readonly<Record<string, (url: string) => Promise<Connected>>> = {
  "ioredis-5.3.0": async (url) => ofIoredis(Redis5 as unknown as typeof Redis6, url),
  "redis-4.6.0": (url) => {
    const client = redis4.createClient(settings(url));
    return ofNodeRedis(client as unknown as NodeRedis, () => client.disconnect());
  },
  "ioredis-6.0.0": async (url) => ofIoredis(Redis6, url),
  "redis-6.3.1": (url) => {
    const client = redis6.createClient(settings(url));
    return ofNodeRedis(client as unknown as NodeRedis, () => client.destroy());
  },
};
