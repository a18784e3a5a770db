import { type Driver, type RedisConnection, redisDriver } from "@distlock/core";
import { assertClient, type IoredisClient } from "./client";
import { listsOf } from "./lists";
import { openReplication } from "./replication";
import { subscribe } from "./subscribe";

export type { IoredisClient } from "./client";

/** Runs scripts through an ioredis client, which stays the caller's: it is never closed. Throws `TypeError` for other objects. */
export function ioredisConnection(client: IoredisClient): RedisConnection {
  assertClient(client);
  return {
    keyPrefix: client.options.keyPrefix ?? "",
    cluster: client.isCluster,
    evalSha: (sha1, keys, args) => client.evalsha(sha1, keys.length, ...keys, ...args),
    eval: (script, keys, args) => client.eval(script, keys.length, ...keys, ...args),
    subscribe: (...listening) => subscribe(client, ...listening),
    openReplication: () => openReplication(client),
    lists: listsOf(client),
  };
}

/** Locks through an ioredis client. */
export const ioredisDriver = (client: IoredisClient): Driver => redisDriver(ioredisConnection(client));
