import { type Driver, type RedisConnection, redisDriver } from "@distlock/core";

interface ScriptInput {
  keys: string[];
  arguments: string[];
}

/**
 * The part of a node-redis client that a lock needs: `createClient`, `createCluster`, `createSentinel` or
 * `createClientPool`, of `redis` 4, 5 or 6.
 */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  evalSha(sha1: string, input: ScriptInput): Promise<unknown>;
  eval(script: string, input: ScriptInput): Promise<unknown>;
}

/** What only some kinds and versions have. */
interface Extras {
  readonly evalSha?: unknown;
  readonly evalsha?: unknown;
  readonly connect?: unknown;
  readonly nodeClient?: unknown;
  readonly options?: { readonly legacyMode?: boolean };
  readonly _keyPrefix?: string | Uint8Array;
}

function assertClient(client: Extras | null | undefined): asserts client is Extras {
  const need =
    "nodeRedisDriver needs a client of redis (createClient, createCluster, createSentinel or createClientPool)";
  if (client?.options?.legacyMode) throw new TypeError(`${need}, without legacyMode`);
  if (typeof client?.evalsha === "function") {
    throw new TypeError(`${need}: this looks like ioredis, use ioredisDriver from "@distlock/ioredis"`);
  }
  if (typeof client?.evalSha !== "function" || typeof client.connect !== "function") throw new TypeError(need);
}

/** Runs scripts through a node-redis client, which stays the caller's: it is never closed. Throws `TypeError` for other objects. */
export function nodeRedisConnection(client: NodeRedisClient): RedisConnection {
  const extras: Extras = client as object;
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
  };
}

/** Locks through a node-redis client. */
export const nodeRedisDriver = (client: NodeRedisClient): Driver => redisDriver(nodeRedisConnection(client));
