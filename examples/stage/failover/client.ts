import type { Driver, RedisConnection } from "@distlock/core";

export const libraries = ["ioredis", "node-redis"] as const;
export type Library = (typeof libraries)[number];

/** A client of the library, and what the play needs of it. */
export interface Client {
  readonly driver: Driver;
  /** The same, for what is no lock: looking where keys are, and deleting them in the end. */
  readonly connection: RedisConnection;
  connect(): Promise<unknown>;
  close(): unknown;
}

/** Makes a client of what is at the address, not connected yet. */
export type OpenClient<Address> = (library: Library, address: Address) => Client;
