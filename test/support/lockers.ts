// Loaded before a test begins: to load a client can keep the event loop busy for longer than a lease of a test lasts.
import "ioredis-5.3";
import "ioredis-6";
import "redis-4.6";
import "redis-6";
import { createLocker, type Locker, type LockOptions } from "@distlock/core";
import type { TestClient } from "./clients";
import { connectTo } from "./topology-clients";

/** Of each library, as far as they find their way back to a server: redis 5 does not always. */
export const oldestAndNewest = ["ioredis 5.3.0", "ioredis 6.0.0", "redis 4.6.0", "redis 6.3.1"];

export interface Opened {
  readonly client: TestClient;
  readonly locker: Locker;
}

/** Lockers, each on a client of its own, that end together. */
export function createLockers() {
  const opened: Opened[] = [];

  function openOn(client: TestClient, options?: LockOptions): Opened {
    const one = { client, locker: createLocker(client.driver, options) };
    opened.push(one);
    return one;
  }
  return {
    openOn,
    open: async (name: string, url: string, options?: LockOptions): Promise<Opened> =>
      openOn(await connectTo(name, url), options),
    async end(): Promise<void> {
      for (const { client, locker } of opened.splice(0)) {
        await locker.close();
        try {
          await client.close();
        } catch {} // closed by the test
      }
    },
  };
}
