import {
  closedClientError,
  type Driver,
  type DriverOptions,
  type RedisConnection,
  redisDriver,
} from "@distlock/core/driver";
import { assertClient, type IoredisClient } from "./client";
import { listsOf } from "./lists";
import { openReplication } from "./replication";
import { subscribe } from "./subscribe";

export type { IoredisClient } from "./client";

/** Runs scripts through an ioredis client. The client stays the caller's and is never closed. Throws `TypeError` for other objects. */
export function ioredisConnection(client: IoredisClient): RedisConnection {
  assertClient(client);

  /** A client that has ended rejects each command with the error that it also has for lost connections. */
  const whenOpen = (send: () => Promise<unknown>): Promise<unknown> =>
    client.status === "end" ? Promise.reject(closedClientError()) : send();

  return {
    keyPrefix: client.options.keyPrefix ?? "",
    cluster: client.isCluster,
    evalSha: (sha1, keys, args) => whenOpen(() => client.evalsha(sha1, keys.length, ...keys, ...args)),
    eval: (script, keys, args) => whenOpen(() => client.eval(script, keys.length, ...keys, ...args)),
    subscribe: (...listening) => subscribe(client, ...listening),
    openReplication: () => openReplication(client),
    lists: listsOf(client),
  };
}

/** Locks through an ioredis client. The client stays the caller's and is never closed. Throws `TypeError` or `RangeError` for bad arguments. */
export const ioredisDriver = (client: IoredisClient, options?: DriverOptions): Driver =>
  redisDriver(ioredisConnection(client), options);
