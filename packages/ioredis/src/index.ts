import { type Driver, type RedisConnection, redisDriver } from "@distlock/core";

/** The part of an ioredis client that a lock needs: `Redis` (one server, Sentinel) or `Cluster`, of version 5 or 6. */
export interface IoredisClient {
  readonly status: string;
  readonly isCluster: boolean;
  readonly options: { readonly keyPrefix?: string | undefined };
  evalsha(sha1: string, keyCount: number, ...keysAndArgs: string[]): Promise<unknown>;
  eval(script: string, keyCount: number, ...keysAndArgs: string[]): Promise<unknown>;
}

function assertClient(client: IoredisClient): void {
  const given = client as Partial<Record<"status" | "evalsha" | "evalSha" | "options", unknown>> | null | undefined;
  if (typeof given?.evalsha === "function" && typeof given.status === "string" && given.options) return;
  const hint =
    typeof given?.evalSha === "function"
      ? ': this looks like node-redis, use nodeRedisDriver from "@distlock/node-redis"'
      : "";
  throw new TypeError(`ioredisDriver needs a client of ioredis (Redis or Cluster)${hint}`);
}

/** Runs scripts through an ioredis client, which stays the caller's: it is never closed. Throws `TypeError` for other objects. */
export function ioredisConnection(client: IoredisClient): RedisConnection {
  assertClient(client);
  return {
    keyPrefix: client.options.keyPrefix ?? "",
    cluster: client.isCluster,
    evalSha: (sha1, keys, args) => client.evalsha(sha1, keys.length, ...keys, ...args),
    eval: (script, keys, args) => client.eval(script, keys.length, ...keys, ...args),
  };
}

/** Locks through an ioredis client. */
export const ioredisDriver = (client: IoredisClient): Driver => redisDriver(ioredisConnection(client));
