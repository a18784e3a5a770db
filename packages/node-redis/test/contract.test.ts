import { type NodeRedisClient, nodeRedisDriver } from "@distlock/node-redis";
import { driverContract, startRedis } from "@distlock/testing";
import * as redis4 from "redis-4";
import * as redis5 from "redis-5";
import * as redis6 from "redis-6";
import { afterAll, describe, test } from "vitest";

const server = await startRedis();
const closers: (() => unknown)[] = [];

afterAll(async () => {
  for (const close of closers) await close();
  await server.stop();
});

interface Setting {
  readonly client?: object;
  readonly db?: number;
  readonly keyPrefix?: string;
}

/** Replies as the caller's other code may want them: numbers as strings, strings as buffers. */
const typeMapping = { [redis6.RESP_TYPES.NUMBER]: String, [redis6.RESP_TYPES.BLOB_STRING]: Buffer };

const settings: Record<string, Setting> = {
  "no options": {},
  db: { client: { database: 5 }, db: 5 },
};
const mapped: Record<string, Setting> = {
  ...settings,
  "type mappings": { client: { commandOptions: { typeMapping } } },
  "RESP 3": { client: { RESP: 3 } },
};
const prefixed: Record<string, Setting> = {
  ...mapped,
  "RESP 2": { client: { RESP: 2 } },
  keyPrefix: { client: { keyPrefix: "app:" }, keyPrefix: "app:" },
  "a keyPrefix of bytes with a hash tag": { client: { keyPrefix: Buffer.from("{app}:") }, keyPrefix: "{app}:" },
};

interface Client extends NodeRedisClient {
  connect(): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
}

async function open(client: Client, close: () => unknown): Promise<Client> {
  client.on("error", () => {});
  await client.connect();
  closers.push(close);
  return client;
}

const url = server.url;
const kinds: Record<string, [Record<string, Setting>, (options: object) => Promise<Client>]> = {
  "redis 4.7.1": [
    settings,
    (options) => {
      const client = redis4.createClient({ url, ...options });
      return open(client, () => client.disconnect());
    },
  ],
  "redis 5.12.1": [
    mapped,
    (options) => {
      const client = redis5.createClient({ url, ...options });
      return open(client as unknown as Client, () => client.destroy());
    },
  ],
  "redis 6.3.1": [
    prefixed,
    (options) => {
      const client = redis6.createClient({ url, ...options });
      return open(client as unknown as Client, () => client.destroy());
    },
  ],
  "a pool of redis 5.12.1": [
    settings,
    (options) => {
      const pool = redis5.createClientPool({ url, ...options }, { minimum: 2, maximum: 4 });
      return open(pool, () => pool.destroy());
    },
  ],
  "a pool of redis 6.3.1": [
    prefixed,
    (options) => {
      const pool = redis6.createClientPool({ url, ...options }, { minimum: 2, maximum: 4 });
      return open(pool as unknown as Client, () => pool.destroy());
    },
  ],
};

for (const [kind, [options, create]] of Object.entries(kinds)) {
  for (const [name, { client = {}, db = 0, keyPrefix }] of Object.entries(options)) {
    const door = redis6.createClient({ url, database: db, RESP: 2 });
    await door.connect();
    closers.push(() => door.destroy());
    const cases = driverContract({
      drivers: [nodeRedisDriver(await create(client)), nodeRedisDriver(await create(client))],
      command: (...args) => door.sendCommand([...args]),
      keyPrefix,
    });
    describe(`${kind} with ${name}`, () => {
      test.for([...cases])("$title", (each: (typeof cases)[number]) => each.run());
    });
  }
}
