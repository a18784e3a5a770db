import type { ListReader, RedisConnection } from "@distlock/core/driver";

/** A connection that reads lists. */
export type ListConnection = RedisConnection & { readonly lists: ListReader };

/** Throws `TypeError`, which names the class that needs the connection, for a value that is not one, such as a client. */
export function assertConnection(who: string, connection: RedisConnection): asserts connection is ListConnection {
  if (typeof connection?.evalSha === "function" && typeof connection.keyPrefix === "string" && connection.lists) return;
  throw new TypeError(
    `${who} needs a connection with lists, such as ioredisConnection(client) or nodeRedisConnection(client)`,
  );
}
