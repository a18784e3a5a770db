/** The part of an ioredis client that a lock needs: `Redis` (one server, Sentinel) or `Cluster`, of version 5 or 6. */
export interface IoredisClient {
  readonly status: string;
  readonly isCluster: boolean;
  readonly options: { readonly keyPrefix?: string | undefined };
  evalsha(sha1: string, keyCount: number, ...keysAndArgs: string[]): Promise<unknown>;
  eval(script: string, keyCount: number, ...keysAndArgs: string[]): Promise<unknown>;
  duplicate(...args: never[]): unknown;
}

export function assertClient(client: IoredisClient): void {
  const given = client as Partial<Record<"status" | "evalsha" | "evalSha" | "options", unknown>> | null | undefined;
  if (typeof given?.evalsha === "function" && typeof given.status === "string" && given.options) return;
  const hint =
    typeof given?.evalSha === "function"
      ? ': this looks like node-redis, use nodeRedisDriver from "@distlock/node-redis"'
      : "";
  throw new TypeError(`ioredisDriver needs a client of ioredis (Redis or Cluster)${hint}`);
}
