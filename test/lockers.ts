import { createLocker, type Locker, type LockOptions } from "@distlock/core";
import { clients, type TestClient } from "./clients";

export interface Opened {
  readonly client: TestClient;
  readonly locker: Locker;
}

/** Lockers, each on a client of its own, that end together. */
export function createLockers() {
  const opened: Opened[] = [];
  return {
    async open(name: string, url: string, options?: LockOptions): Promise<Opened> {
      const client = await clients[name]!(url);
      const one = { client, locker: createLocker(client.driver, options) };
      opened.push(one);
      return one;
    },
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
