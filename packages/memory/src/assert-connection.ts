import type { RedisConnection } from "@distlock/core";

/** Throws `TypeError`, in the name of who needs it, for what is no connection, such as a client. */
export function assertConnection(who: string, connection: RedisConnection): void {
  if (typeof connection?.evalSha === "function" && typeof connection.keyPrefix === "string") return;
  throw new TypeError(`${who} needs a connection, such as ioredisConnection(client) or nodeRedisConnection(client)`);
}
