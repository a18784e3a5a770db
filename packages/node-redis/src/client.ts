import type { AnyNodeRedisClient } from "./client-internals";

export interface ScriptInput {
  keys: string[];
  arguments: string[];
}

/**
 * The part of a node-redis client that a lock needs: `createClient`, `createCluster`, `createSentinel` or
 * `createClientPool`, of `redis` 4.6 or later.
 */
export interface NodeRedisClient {
  readonly isOpen: boolean;
  evalSha(sha1: string, input: ScriptInput): Promise<unknown>;
  eval(script: string, input: ScriptInput): Promise<unknown>;
}

type Passed = Partial<Record<"then" | "customCommand" | "evalsha", unknown>>;

/** Names the value that was passed instead of a client, and the cure. */
function hintAt(passed: Passed | null | undefined): string {
  if (Array.isArray(passed)) return ": got an array, pass one client: this is not Redlock";
  if (typeof passed?.then === "function") return ": got a promise, await it first";
  if (typeof passed?.customCommand === "function") {
    return ': this looks like GLIDE: a few lines of your own make it a connection for redisDriver of "@distlock/core/driver", see docs/drivers.md of distlock';
  }
  if (typeof passed?.evalsha === "function") {
    return ': this looks like ioredis, use ioredisDriver from "@distlock/ioredis"';
  }
  return "";
}

export function assertClient(
  client: (AnyNodeRedisClient & Passed) | null | undefined,
): asserts client is AnyNodeRedisClient {
  const need =
    "nodeRedisDriver needs a client of redis (createClient, createCluster, createSentinel or createClientPool)";
  if (client?.options?.legacyMode) throw new TypeError(`${need}, without legacyMode`);
  if (typeof client?.evalSha !== "function" || typeof client.connect !== "function") {
    throw new TypeError(`${need}${hintAt(client)}`);
  }
}
