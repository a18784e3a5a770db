/**
 * The part of a client that a lock needs: `Redis` (one server, Sentinel) or `Cluster`, of ioredis 5.3 or later or of iovalkey
 * 0.4.
 */
export interface IoredisClient {
  readonly status: string;
  readonly isCluster: boolean;
  readonly options: { readonly keyPrefix?: string | undefined };
  evalsha(sha1: string, keyCount: number, ...keysAndArgs: string[]): Promise<unknown>;
  eval(script: string, keyCount: number, ...keysAndArgs: string[]): Promise<unknown>;
  duplicate(...args: never[]): unknown;
}

type Passed = Partial<Record<"status" | "evalsha" | "evalSha" | "options" | "then" | "customCommand", unknown>>;

/** Names the value that was passed instead of a client, and the cure. */
function hintAt(passed: Passed | null | undefined): string {
  if (Array.isArray(passed)) return ": got an array, pass one client: this is not Redlock";
  if (typeof passed?.then === "function") return ": got a promise, await it first";
  if (typeof passed?.customCommand === "function") {
    return ': this looks like GLIDE: a few lines of your own make it a connection for redisDriver of "@distlock/core/driver", see docs/drivers.md of distlock';
  }
  if (typeof passed?.evalSha === "function") {
    return ': this looks like node-redis, use nodeRedisDriver from "@distlock/node-redis"';
  }
  return "";
}

export function assertClient(client: IoredisClient): void {
  const passed = client as Passed | null | undefined;
  if (typeof passed?.evalsha === "function" && typeof passed.status === "string" && passed.options) return;
  throw new TypeError(`ioredisDriver needs a client of ioredis (Redis or Cluster)${hintAt(passed)}`);
}
