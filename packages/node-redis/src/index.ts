import {
  closedClientError,
  type Driver,
  type DriverOptions,
  type RedisConnection,
  redisDriver,
} from "@distlock/core/driver";
import { assertClient, type NodeRedisClient } from "./client";
import { listsOf } from "./lists";
import { refreshSlotsOnSilence } from "./refresh-slots";
import { openReplication } from "./replication";
import { subscribe } from "./subscribe";

export type { NodeRedisClient } from "./client";

/** Runs scripts through a node-redis client. The client stays the caller's and is never closed. Throws `TypeError` for other objects. */
export function nodeRedisConnection(client: NodeRedisClient): RedisConnection {
  const anyClient: object = client;
  assertClient(anyClient);
  const prefix = anyClient._keyPrefix ?? "";
  const keyPrefix = typeof prefix === "string" ? prefix : Buffer.from(prefix).toString();
  const cluster = typeof anyClient.nodeClient === "function";

  /** Closed clients differ by kind and version; the Cluster of redis 4 then never returns from a command. */
  async function whenOpen(send: () => Promise<unknown>): Promise<unknown> {
    if (!client.isOpen) throw closedClientError("call `await client.connect()` first");
    return send();
  }

  const refreshing = refreshSlotsOnSilence(anyClient);
  const send = (key: string, command: () => Promise<unknown>): Promise<unknown> => {
    const answer = whenOpen(command);
    return cluster ? refreshing(keyPrefix + key, answer) : answer;
  };
  const run = (command: "eval" | "evalSha", script: string, keys: readonly string[], args: readonly string[]) =>
    send(keys[0]!, () =>
      // The Cluster of redis 4 sends scripts to a random node, and follows 16 redirections at most.
      cluster && !anyClient.destroy
        ? anyClient.sendCommand!(keys[0], false, [command.toUpperCase(), script, `${keys.length}`, ...keys, ...args])
        : client[command](script, { keys: [...keys], arguments: [...args] }),
    );

  return {
    keyPrefix,
    cluster,
    evalSha: (sha1, keys, args) => run("evalSha", sha1, keys, args),
    eval: (script, keys, args) => run("eval", script, keys, args),
    subscribe: (...listening) => subscribe(anyClient, ...listening),
    openReplication: () => openReplication(anyClient, keyPrefix),
    lists: listsOf(anyClient, send),
  };
}

/** Locks through a node-redis client. The client stays the caller's and is never closed. Throws `TypeError` or `RangeError` for bad arguments. */
export const nodeRedisDriver = (client: NodeRedisClient, options?: DriverOptions): Driver =>
  redisDriver(nodeRedisConnection(client), options);
