import type { EventEmitter } from "node:events";
import type { Driver } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { type NodeRedisClient, nodeRedisDriver } from "@distlock/node-redis";
import { Redis as Redis5 } from "ioredis-5.3";
import { Redis as Redis6 } from "ioredis-6";
import * as redis4 from "redis-4.6";
import * as redis6 from "redis-6";

/** A client whose listeners can be counted. */
export interface EmittingClient {
  readonly driver: Driver;
  listeners(): number;
  close(): unknown;
}

const countIn = (emitter: EventEmitter) => () =>
  emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);

function ofIoredis(client: Redis5 | Redis6): EmittingClient {
  client.on("error", () => {});
  return { driver: ioredisDriver(client), listeners: countIn(client), close: () => client.disconnect() };
}

async function ofNodeRedis(client: NodeRedisClient & EventEmitter, close: () => unknown): Promise<EmittingClient> {
  const { connect } = client as unknown as { connect(): Promise<unknown> };
  client.on("error", () => {});
  await connect.call(client);
  return { driver: nodeRedisDriver(client), listeners: countIn(client), close };
}

/** The oldest and the newest of each library. */
export const emittingClients: Readonly<Record<string, (url: string) => Promise<EmittingClient>>> = {
  "ioredis 5.3.0": async (url) => ofIoredis(new Redis5(url)),
  "ioredis 6.0.0": async (url) => ofIoredis(new Redis6(url)),
  "redis 4.6.0": (url) => {
    const client = redis4.createClient({ url });
    return ofNodeRedis(client as unknown as NodeRedisClient & EventEmitter, () => client.disconnect());
  },
  "redis 6.3.1": (url) => {
    // Else it has a timer of 5 s for each command.
    const client = redis6.createClient({ url, commandOptions: { timeout: 0 } });
    return ofNodeRedis(client as unknown as NodeRedisClient & EventEmitter, () => client.destroy());
  },
};
