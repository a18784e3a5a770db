import type { EventEmitter } from "node:events";
import { type Driver, type RedisConnection, redisDriver } from "@distlock/core/driver";
import { type IoredisClient, ioredisConnection } from "@distlock/ioredis";
import { type NodeRedisClient, nodeRedisConnection } from "@distlock/node-redis";

/** A client of one library and version, with the calls that tests need besides locking. */
export interface TestClient {
  readonly connection: RedisConnection;
  readonly driver: Driver;
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
  /** Resolves when the server has answered. */
  ping(): Promise<unknown>;
  /** The state of the connection, as the client reports it. */
  state(): string;
  /** How many listeners the client has now. */
  listeners(): number;
  /** Ends the connection at once. */
  close(): unknown;
}

interface Emitting extends Pick<EventEmitter, "eventNames" | "listenerCount"> {
  on(event: "error", listener: (error: Error) => void): unknown;
}

const countListeners = (emitter: Emitting): number =>
  emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);

export interface Ioredis extends IoredisClient, Emitting {
  on(event: "error", listener: (error: Error) => void): unknown;
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
  ping(): Promise<unknown>;
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
    ping: () => client.ping(),
    state: () => client.status,
    listeners: () => countListeners(client),
    close: () => client.disconnect(),
  };
}

export interface NodeRedis extends NodeRedisClient, Emitting {
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Present on a client of one server. */
  readonly isReady?: boolean;
  connect(): Promise<unknown>;
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
  ping(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  /** 5 and later. */
  destroy?(): unknown;
}

/** Ends a client of any version at once. */
export const endOf = (client: Pick<NodeRedis, "destroy" | "disconnect">) => (): unknown =>
  client.destroy ? client.destroy() : client.disconnect();

/** Connects the client first, unless it is lazy. Each version has types of its own, so any object is taken. */
export async function ofNodeRedis(made: object, lazy = false): Promise<TestClient> {
  const client = made as NodeRedis;
  client.on("error", () => {});
  if (!lazy) await client.connect();
  const connection = nodeRedisConnection(client);
  return {
    connection,
    driver: redisDriver(connection),
    get: (key) => client.get(key),
    set: (key, value) => client.set(key, value),
    ping: () => client.ping(),
    state: () => (client.isReady ? "ready" : "not ready"),
    listeners: () => countListeners(client),
    close: endOf(client),
  };
}
