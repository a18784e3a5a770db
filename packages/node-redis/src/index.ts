import { closedClientError, type Driver, type DriverOptions, type RedisConnection, redisDriver } from "@distlock/core";
import { assertClient, type NodeRedisClient } from "./client";
import { listsOf } from "./lists";
import { lookingAgain } from "./look-again";
import { openReplication } from "./replication";
import { subscribe } from "./subscribe";

export type { NodeRedisClient } from "./client";

/** Runs scripts through a node-redis client, which stays the caller's: it is never closed. Throws `TypeError` for other objects. */
export function nodeRedisConnection(client: NodeRedisClient): RedisConnection {
  const extras: object = client;
  assertClient(extras);
  const prefix = extras._keyPrefix ?? "";
  const keyPrefix = typeof prefix === "string" ? prefix : Buffer.from(prefix).toString();
  const cluster = typeof extras.nodeClient === "function";

  /** What a closed client does by itself differs by kind and version; the Cluster of redis 4 never gives control back. */
  async function whenOpen(send: () => Promise<unknown>): Promise<unknown> {
    if (!client.isOpen) throw closedClientError("call `await client.connect()` first");
    return send();
  }

  const watched = lookingAgain(extras);
  const send = (key: string, command: () => Promise<unknown>): Promise<unknown> => {
    const answer = whenOpen(command);
    return cluster ? watched(keyPrefix + key, answer) : answer;
  };
  const run = (command: "eval" | "evalSha", script: string, keys: readonly string[], args: readonly string[]) =>
    send(keys[0]!, () =>
      // The Cluster of redis 4 sends scripts to whatever node, and tries another one 16 times at most.
      cluster && !extras.destroy
        ? extras.sendCommand!(keys[0], false, [command.toUpperCase(), script, `${keys.length}`, ...keys, ...args])
        : client[command](script, { keys: [...keys], arguments: [...args] }),
    );

  return {
    keyPrefix,
    cluster,
    evalSha: (sha1, keys, args) => run("evalSha", sha1, keys, args),
    eval: (script, keys, args) => run("eval", script, keys, args),
    subscribe: (...listening) => subscribe(extras, ...listening),
    openReplication: () => openReplication(extras, keyPrefix),
    lists: listsOf(extras, send),
  };
}

/** Locks through a node-redis client, which stays the caller's: it is never closed. Throws `TypeError` or `RangeError` for bad arguments. */
export const nodeRedisDriver = (client: NodeRedisClient, options?: DriverOptions): Driver =>
  redisDriver(nodeRedisConnection(client), options);
