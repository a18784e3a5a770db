import { type Driver, type RedisConnection, redisDriver } from "@distlock/core";
import { assertClient, type NodeRedisClient } from "./client";
import { subscribe } from "./subscribe";

export type { NodeRedisClient } from "./client";

/** Runs scripts through a node-redis client, which stays the caller's: it is never closed. Throws `TypeError` for other objects. */
export function nodeRedisConnection(client: NodeRedisClient): RedisConnection {
  const extras: object = client;
  assertClient(extras);
  const prefix = extras._keyPrefix ?? "";

  /** What a closed client does by itself differs by kind and version; the Cluster of redis 4 never gives control back. */
  async function whenOpen(send: () => Promise<unknown>): Promise<unknown> {
    if (!client.isOpen) throw new Error("the client is closed, or was never connected");
    return send();
  }

  return {
    keyPrefix: typeof prefix === "string" ? prefix : Buffer.from(prefix).toString(),
    cluster: typeof extras.nodeClient === "function",
    evalSha: (sha1, keys, args) => whenOpen(() => client.evalSha(sha1, { keys: [...keys], arguments: [...args] })),
    eval: (script, keys, args) => whenOpen(() => client.eval(script, { keys: [...keys], arguments: [...args] })),
    subscribe: (...listening) => subscribe(extras, ...listening),
  };
}

/** Locks through a node-redis client. */
export const nodeRedisDriver = (client: NodeRedisClient): Driver => redisDriver(nodeRedisConnection(client));
