import { createLocker, type Locker, type LockOptions } from "@distlock/core";
import type { TestClient } from "./client";
import { connectTo } from "./clients";

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
