import { type NodeRedisClient, nodeRedisDriver } from "@distlock/node-redis";
import { driverContract, startRedis } from "@distlock/testing";
import * as redis47 from "redis-4";
import * as redis46 from "redis-4.6";
import * as redis512 from "redis-5";
import * as redis50 from "redis-5.0";
import * as redis58 from "redis-5.8";
import * as redis63 from "redis-6";
import * as redis60 from "redis-6.0";
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
const typeMapping = { [redis63.RESP_TYPES.NUMBER]: String, [redis63.RESP_TYPES.BLOB_STRING]: Buffer };

type Settings = Readonly<Record<string, Setting>>;

const none: Settings = { "no options": {} };
const prefix = Buffer.from("{app}:");
const each: Settings = {
  ...none,
  db: { client: { database: 5 }, db: 5 },
  "type mappings": { client: { commandOptions: { typeMapping } } },
  "RESP 3": { client: { RESP: 3 } },
  "RESP 2": { client: { RESP: 2 } },
  keyPrefix: { client: { keyPrefix: "app:" }, keyPrefix: "app:" },
  "a keyPrefix of bytes with a hash tag": { client: { keyPrefix: prefix }, keyPrefix: "{app}:" },
};

/** All that a version knows, at once. */
const whole4: Settings = { db: { client: { database: 5 }, db: 5 } };
const mapped = { database: 5, commandOptions: { typeMapping } };
const whole5: Settings = { "RESP 3, db, type mappings": { client: { ...mapped, RESP: 3 }, db: 5 } };
const whole6: Settings = {
  "RESP 2, db, type mappings, keyPrefix": {
    client: { ...mapped, RESP: 2, keyPrefix: prefix },
    db: 5,
    keyPrefix: "{app}:",
  },
};

interface Client extends NodeRedisClient {
  connect(): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
  disconnect(): unknown;
  /** 5 and later. */
  destroy?(): unknown;
}

async function open(client: Client): Promise<Client> {
  client.on("error", () => {});
  await client.connect();
  closers.push(async () => {
    try {
      await (client.destroy ? client.destroy() : client.disconnect());
    } catch {} // a pool of redis 5 may have closed one of its clients already
  });
  return client;
}

const url = server.url;

interface Library {
  createClient(options: object): unknown;
}
const one = (library: Library) => (options: object) => open(library.createClient({ url, ...options }) as Client);

interface PoolLibrary {
  createClientPool(options: object, size: { minimum: number; maximum: number }): unknown;
}
const pool = (library: PoolLibrary) => (options: object) =>
  open(library.createClientPool({ url, ...options }, { minimum: 2, maximum: 4 }) as Client);

/** The newest with each setting, the oldest of 4 and 5 with none and all, the rest with all. */
const kinds: Record<string, [Settings, (options: object) => Promise<Client>]> = {
  "redis 4.6.0": [{ ...none, ...whole4 }, one(redis46)],
  "redis 4.7.1": [whole4, one(redis47)],
  "redis 5.0.0": [{ ...none, ...whole5 }, one(redis50)],
  "redis 5.8.0": [whole5, one(redis58)],
  "redis 5.12.1": [whole5, one(redis512)],
  "redis 6.0.0": [whole5, one(redis60)], // keyPrefix is of 6.1
  "redis 6.3.1": [each, one(redis63)],
  "a pool of redis 5.8.0": [whole5, pool(redis58)],
  "a pool of redis 5.12.1": [whole5, pool(redis512)],
  "a pool of redis 6.3.1": [{ ...none, ...whole6 }, pool(redis63)],
};

for (const [kind, [options, create]] of Object.entries(kinds)) {
  for (const [name, { client = {}, db = 0, keyPrefix }] of Object.entries(options)) {
    const door = redis63.createClient({ url, database: db, RESP: 2 });
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
