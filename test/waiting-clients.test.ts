import { randomUUID } from "node:crypto";
import { createLocker, type Driver } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { nodeRedisDriver } from "@distlock/node-redis";
import { startRedis } from "@distlock/testing";
import { Redis as Redis5 } from "ioredis-5";
import { Redis as Redis6 } from "ioredis-6";
import * as redis4 from "redis-4";
import * as redis5 from "redis-5";
import * as redis6 from "redis-6";
import { afterAll, describe, expect, test } from "vitest";
import { clients } from "./clients";
import { until } from "./until";

const server = await startRedis();
const redis = new Redis6(server.url);
const { url, port } = server;

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const listeners = async () => ((await redis.pubsub("CHANNELS", "distlock:*")) as string[]).length;

interface Given {
  readonly driver: Driver;
  close(): unknown;
}

const ofIoredis = (client: Redis5 | Redis6): Given => {
  client.on("error", () => {});
  return { driver: ioredisDriver(client), close: () => client.disconnect() };
};
const ready = async (client: Redis5 | Redis6): Promise<Given> => {
  if (client.status !== "ready") await new Promise((resolve) => client.once("ready", () => resolve(undefined)));
  return ofIoredis(client);
};

interface NodeRedis {
  on(event: "error", listener: (error: Error) => void): unknown;
  connect(): Promise<unknown>;
  destroy?(): unknown;
  disconnect?(): unknown;
}
async function ofNodeRedis(client: NodeRedis): Promise<Given> {
  client.on("error", () => {});
  await client.connect();
  return {
    driver: nodeRedisDriver(client as unknown as Parameters<typeof nodeRedisDriver>[0]),
    close: () => (client.destroy ? client.destroy() : client.disconnect!()),
  };
}

/** Replies as the caller's other code may want them. */
const typeMapping = { [redis6.RESP_TYPES.NUMBER]: String, [redis6.RESP_TYPES.BLOB_STRING]: Buffer };
const size = { minimum: 1, maximum: 3 };

const given: Record<string, () => Given | Promise<Given>> = {
  "ioredis 5.11.1, lazyConnect": () => ofIoredis(new Redis5(port, { lazyConnect: true })),
  "ioredis 6.0.0, lazyConnect": () => ofIoredis(new Redis6(port, { lazyConnect: true })),
  "ioredis 5.11.1, no offline queue": () => ready(new Redis5(port, { enableOfflineQueue: false })),
  "ioredis 6.0.0, no offline queue": () => ready(new Redis6(port, { enableOfflineQueue: false })),
  "ioredis 5.11.1, keyPrefix and db": () => ofIoredis(new Redis5(port, { keyPrefix: "app:", db: 3 })),
  "ioredis 6.0.0, keyPrefix and db": () => ofIoredis(new Redis6(port, { keyPrefix: "app:", db: 3 })),
  "ioredis 6.0.0, auto-pipelining and numbers as strings": () =>
    ofIoredis(new Redis6(port, { enableAutoPipelining: true, stringNumbers: true })),
  "redis 4.7.1, database": () => ofNodeRedis(redis4.createClient({ url, database: 3 })),
  "redis 4.7.1, no offline queue": () => ofNodeRedis(redis4.createClient({ url, disableOfflineQueue: true })),
  "redis 5.12.1, RESP 2": () => ofNodeRedis(redis5.createClient({ url, RESP: 2 })),
  "redis 5.12.1, RESP 3": () => ofNodeRedis(redis5.createClient({ url, RESP: 3 })),
  "redis 5.12.1, type mappings": () => ofNodeRedis(redis5.createClient({ url, commandOptions: { typeMapping } })),
  "redis 5.12.1, pool": () => ofNodeRedis(redis5.createClientPool({ url }, size)),
  "redis 6.3.1, RESP 2": () => ofNodeRedis(redis6.createClient({ url, RESP: 2 })),
  "redis 6.3.1, RESP 3": () => ofNodeRedis(redis6.createClient({ url, RESP: 3 })),
  "redis 6.3.1, RESP 2, type mappings": () =>
    ofNodeRedis(redis6.createClient({ url, RESP: 2, commandOptions: { typeMapping } })),
  "redis 6.3.1, RESP 3, type mappings": () =>
    ofNodeRedis(redis6.createClient({ url, RESP: 3, commandOptions: { typeMapping } })),
  "redis 6.3.1, no offline queue": () => ofNodeRedis(redis6.createClient({ url, disableOfflineQueue: true })),
  "redis 6.3.1, keyPrefix and database": () =>
    ofNodeRedis(redis6.createClient({ url, keyPrefix: "app:", database: 3 })),
  "redis 6.3.1, pool": () => ofNodeRedis(redis6.createClientPool({ url }, size)),
  "redis 6.3.1, pool, RESP 2": () => ofNodeRedis(redis6.createClientPool({ url, RESP: 2 }, size)),
};

describe.each(Object.entries(given))("%s", (_, connect) => {
  test("is granted by message, with no heartbeat in between", async () => {
    const { driver, close } = await connect();
    const holder = createLocker(driver);
    const waiter = createLocker({ ...driver, heartbeat: () => new Promise(() => {}) });
    const key = `clients:${randomUUID()}`;
    await until(async () => (await listeners()) === 0);
    for (let round = 0; round < 2; round++) {
      const lock = await holder.acquire(key);
      const waiting = waiter.acquire(key);
      waiting.catch(() => {});
      await until(async () => (await listeners()) === 1 && (await holder.inspect(key)).waiting === 1);
      await lock.release();
      await (await waiting).release();
    }
    await waiter.close();
    await holder.close();
    await until(async () => (await listeners()) === 0);
    close();
  });
});

/** Clients that give up soon, each in its way. */
const impatient: Record<string, () => Given | Promise<Given>> = {
  "ioredis 5.11.1, a short command timeout": () => ofIoredis(new Redis5(port, { commandTimeout: 150 })),
  "ioredis 6.0.0, a short command timeout": () => ofIoredis(new Redis6(port, { commandTimeout: 150 })),
  "ioredis 6.0.0, no reconnection": () => ofIoredis(new Redis6(port, { retryStrategy: () => null })),
  "redis 4.7.1, no reconnection": () => ofNodeRedis(redis4.createClient({ url, socket: { reconnectStrategy: false } })),
  "redis 5.12.1, no reconnection": () =>
    ofNodeRedis(redis5.createClient({ url, socket: { reconnectStrategy: false } })),
  "redis 6.3.1, no reconnection": () => ofNodeRedis(redis6.createClient({ url, socket: { reconnectStrategy: false } })),
  "redis 6.3.1, pool, no reconnection": () =>
    ofNodeRedis(redis6.createClientPool({ url, socket: { reconnectStrategy: false } }, size)),
};

test.each(Object.entries(impatient))("%s: the inbox comes back after its connection was lost", async (_, connect) => {
  const { driver, close } = await connect();
  const holder = createLocker(driver);
  const waiter = createLocker({ ...driver, heartbeat: () => new Promise(() => {}) });
  const subscriber = async () => /id=(\d+)/.exec(String(await redis.client("LIST", "TYPE", "PUBSUB")))?.[1];
  const key = `impatient:${randomUUID()}`;
  const lock = await holder.acquire(key);
  const waiting = waiter.acquire(key, { timeout: 20_000 });
  waiting.catch(() => {});
  await until(async () => (await listeners()) === 1);
  const first = await subscriber();
  await redis.client("KILL", "TYPE", "PUBSUB");
  await redis.client("PAUSE", 400);
  await until(async () => ![undefined, first].includes(await subscriber()));
  await lock.release();
  await (await waiting).release();
  await waiter.close();
  await holder.close();
  close();
});

/** Clients to which a connection on which nothing is said is one that is lost. */
const socket = { socketTimeout: 200, reconnectStrategy: () => 10 };
const distrustful: Record<string, () => Promise<Given>> = {
  "redis 5.12.1": () => ofNodeRedis(redis5.createClient({ url, socket })),
  "redis 5.12.1, RESP 3": () => ofNodeRedis(redis5.createClient({ url, RESP: 3, socket })),
  "redis 6.3.1": () => ofNodeRedis(redis6.createClient({ url, socket, pingInterval: 10_000 })),
  "redis 6.3.1, RESP 2, pool": () => ofNodeRedis(redis6.createClientPool({ url, RESP: 2, socket }, size)),
};

test.each(Object.entries(distrustful))(
  "%s: the inbox outlives a socketTimeout in which nothing is said",
  async (_, connect) => {
    const { driver, close } = await connect();
    const [holder, waiter] = [createLocker(driver), createLocker(driver)];
    const key = `distrustful:${randomUUID()}`;
    const lock = await holder.acquire(key);
    const waiting = waiter.acquire(key, { timeout: 20_000 });
    waiting.catch(() => {});
    const subscriber = async () => /id=(\d+) .*idle=(\d+)/.exec(String(await redis.client("LIST", "TYPE", "PUBSUB")));
    await until(async () => (await listeners()) === 1);
    const [, first] = (await subscriber()) ?? [];
    await until(async () => Number((await subscriber())?.[2]) > 0);
    expect((await subscriber())?.[1]).toBe(first);
    await lock.release();
    await (await waiting).release();
    await waiter.close();
    await holder.close();
    close();
  },
);

describe.each(Object.keys(clients))("%s", (name) => {
  test("forceRelease tells the holder's process at once, and grants the next waiter", async () => {
    const client = await clients[name]!(url);
    const operator = createLocker(client.driver);
    // Nothing but a message can tell it.
    const silent = { heartbeat: () => new Promise<never>(() => {}), extend: () => new Promise<never>(() => {}) };
    const holder = createLocker({ ...client.driver, ...silent });
    const key = `force:${randomUUID()}`;
    const first = await operator.acquire(key);
    const waiting = holder.acquire(key);
    await until(async () => (await operator.inspect(key)).waiting === 1);
    await until(async () => (await listeners()) > 0);
    await first.release();
    const lock = await waiting;
    await client.driver.extend({ key, token: lock.token, ttl: 30_000 });
    const lost = new Promise((resolve) => lock.signal.addEventListener("abort", resolve));
    const next = operator.acquire(key);
    await until(async () => (await operator.inspect(key)).waiting === 1);
    expect(lock.isHeld).toBe(true);
    await operator.forceRelease(key);
    await lost;
    expect(lock.signal.reason).toMatchObject({ code: "LOCK_LOST", message: expect.stringContaining("forced out") });
    expect(lock.isHeld).toBe(false);
    const granted = await next;
    expect(granted.fence).toBeGreaterThan(lock.fence);
    await granted.release();
    await holder.close();
    await operator.close();
    client.close();
  });

  test("a driver that can't listen is asked again from time to time", async () => {
    const client = await clients[name]!(url);
    const deaf = createLocker({ ...client.driver, listen: undefined }, { maxAttempts: 1_000, retryDelay: 5 });
    const key = `deaf:${randomUUID()}`;
    const lock = await deaf.acquire(key);
    const waiting = deaf.acquire(key);
    expect((await deaf.inspect(key)).waiting).toBe(0);
    await expect(deaf.acquire(key, { wait: "queue" })).rejects.toThrow(RangeError);
    await lock.release();
    await (await waiting).release();
    client.close();
  });

  test("waiters notice a foreign holder's release without hand-over, in their order", async () => {
    const guideRelease =
      "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end";
    const client = await clients[name]!(url);
    const [one, two] = [createLocker(client.driver), createLocker(client.driver)];
    const key = `foreign:${randomUUID()}`;
    expect(await redis.set(key, "foreign", "PX", 60_000, "NX")).toBe("OK");
    const fences: Promise<number>[] = [];
    for (let i = 0; i < 4; i++) {
      const locker = i % 2 ? one : two;
      fences.push(
        locker.acquire(key).then(async (lock) => {
          await lock.release();
          return lock.fence;
        }),
      );
      await until(async () => (await one.inspect(key)).waiting === i + 1);
    }
    expect(await redis.eval(guideRelease, 1, key, "foreign")).toBe(1);
    const order = await Promise.all(fences);
    expect(order).toEqual([...order].sort((a, b) => a - b));

    // A newcomer that finds it free first does not overtake.
    expect(await redis.set(key, "foreign", "PX", 60_000, "NX")).toBe("OK");
    const waiting = one.acquire(key);
    await until(async () => (await two.inspect(key)).waiting === 1);
    expect(await redis.eval(guideRelease, 1, key, "foreign")).toBe(1);
    expect(await two.tryAcquire(key)).toBeNull();
    await (await waiting).release();
    await one.close();
    await two.close();
    client.close();
  });
});
