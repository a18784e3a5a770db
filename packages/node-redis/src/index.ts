import { type Driver, type RedisConnection, redisDriver } from "@distlock/core";
import { assertClient, type NodeRedisClient } from "./client";
import { subscribe } from "./subscribe";

export type { NodeRedisClient } from "./client";

/** Runs scripts through a node-redis client, which stays the caller's: it is never closed. Throws `TypeError` for other objects. */
export function nodeRedisConnection(client: NodeRedisClient): RedisConnection {
  const extras: object = client;
  assertClient(extras);
  const prefix = extras._keyPrefix ?? "";
  return {
    keyPrefix: typeof prefix === "string" ? prefix : Buffer.from(prefix).toString(),
    cluster: typeof extras.nodeClient === "function",
    evalSha: (sha1, keys, args) => client.evalSha(sha1, { keys: [...keys], arguments: [...args] }),
    eval: (script, keys, args) => client.eval(script, { keys: [...keys], arguments: [...args] }),
    subscribe: (...listening) => subscribe(extras, ...listening),
  };
}

/** Locks through a node-redis client. */
export const nodeRedisDriver = (client: NodeRedisClient): Driver => redisDriver(nodeRedisConnection(client));
