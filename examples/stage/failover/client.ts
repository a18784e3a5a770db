import type { Locker } from "@distlock/core";
import type { RedisConnection } from "@distlock/core/driver";
import type { Library } from "../library";

/** A locker on a client, and the other calls of the client that the play needs. */
export interface Client {
  readonly locker: Locker;
  /** For all that is not a lock: to find the server of a key, and to delete the keys in the end. */
  readonly connection: RedisConnection;
  connect(): Promise<unknown>;
  close(): unknown;
}

/** Makes a client of the servers at the address, for each library. It is not connected yet. */
export type Clients<Address> = Readonly<Record<Library, (address: Address) => Client>>;
