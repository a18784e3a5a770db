import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { startRedis } from "@distlock/testing";
import { Redis as Redis511 } from "ioredis-5";
import { Redis as Redis53 } from "ioredis-5.3";
import { Redis as Redis510 } from "ioredis-5.10";
import { Redis as Redis6 } from "ioredis-6";
import { Redis as Valkey } from "iovalkey";
import * as redis47 from "redis-4";
import * as redis46 from "redis-4.6";
import * as redis512 from "redis-5";
import * as redis50 from "redis-5.0";
import * as redis58 from "redis-5.8";
import * as redis6 from "redis-6";
import * as redis60 from "redis-6.0";
import { afterAll, describe, expect, test } from "vitest";
import { type Ioredis, ofIoredis, ofNodeRedis, type TestClient } from "../support/client";
import { clients, newest } from "../support/clients";
import { until } from "../support/until";
import { byMessageOnly } from "../support/with-queue";

const server = await startRedis();
const redis = new Redis6(server.url);
const { url, port } = server;

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const listeners = async () => ((await redis.pubsub("CHANNELS", "distlock:*")) as string[]).length;

interface StartingIoredis extends Ioredis {
  once(event: "ready", listener: () => void): unknown;
}

async function ready(client: StartingIoredis): Promise<TestClient> {
  if (client.status !== "ready") await new Promise((resolve) => client.once("ready", () => resolve(undefined)));
  return ofIoredis(client);
}

/** Replies as the caller's other code may want them. */
const typeMapping = { [redis6.RESP_TYPES.NUMBER]: String, [redis6.RESP_TYPES.BLOB_STRING]: Buffer };
const size = { minimum: 1, maximum: 3 };

const given: Record<string, () => TestClient | Promise<TestClient>> = {
  "ioredis 5.3.0, lazyConnect": () => ofIoredis(new Redis53(port, { lazyConnect: true })),
  "ioredis 6.0.0, lazyConnect": () => ofIoredis(new Redis6(port, { lazyConnect: true })),
  "ioredis 5.3.0, no offline queue": () => ready(new Redis53(port, { enableOfflineQueue: false })),
  "ioredis 6.0.0, no offline queue": () => ready(new Redis6(port, { enableOfflineQueue: false })),
  "iovalkey 0.4.0, no offline queue": () => ready(new Valkey(port, { enableOfflineQueue: false })),
  "ioredis 5.3.0, keyPrefix and db": () => ofIoredis(new Redis53(port, { keyPrefix: "app:", db: 3 })),
  "ioredis 5.10.0, keyPrefix and db": () => ofIoredis(new Redis510(port, { keyPrefix: "app:", db: 3 })),
  "ioredis 5.11.1, keyPrefix and db": () => ofIoredis(new Redis511(port, { keyPrefix: "app:", db: 3 })),
  "ioredis 6.0.0, keyPrefix and db": () => ofIoredis(new Redis6(port, { keyPrefix: "app:", db: 3 })),
  "iovalkey 0.4.0, keyPrefix and db": () => ofIoredis(new Valkey(port, { keyPrefix: "app:", db: 3 })),
  "ioredis 6.0.0, auto-pipelining and numbers as strings": () =>
    ofIoredis(new Redis6(port, { enableAutoPipelining: true, stringNumbers: true })),
  "redis 4.6.0, database": () => ofNodeRedis(redis46.createClient({ url, database: 3 })),
  "redis 4.6.0, no offline queue": () => ofNodeRedis(redis46.createClient({ url, disableOfflineQueue: true })),
  "redis 4.7.1, database": () => ofNodeRedis(redis47.createClient({ url, database: 3 })),
  "redis 5.0.0, RESP 2": () => ofNodeRedis(redis50.createClient({ url, RESP: 2 })),
  "redis 5.0.0, RESP 3, type mappings": () =>
    ofNodeRedis(redis50.createClient({ url, RESP: 3, commandOptions: { typeMapping } })),
  "redis 5.8.0, RESP 3": () => ofNodeRedis(redis58.createClient({ url, RESP: 3 })),
  "redis 5.8.0, pool": () => ofNodeRedis(redis58.createClientPool({ url }, size)),
  "redis 5.12.1, RESP 3": () => ofNodeRedis(redis512.createClient({ url, RESP: 3 })),
  "redis 5.12.1, pool": () => ofNodeRedis(redis512.createClientPool({ url }, size)),
  "redis 6.0.0, RESP 2": () => ofNodeRedis(redis60.createClient({ url, RESP: 2 })),
  "redis 6.0.0, RESP 3, pool": () => ofNodeRedis(redis60.createClientPool({ url, RESP: 3 }, size)),
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
    const waiter = createLocker(byMessageOnly(driver));
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
const never = { url, socket: { reconnectStrategy: false as const } };
const impatient: Record<string, () => TestClient | Promise<TestClient>> = {
  "ioredis 5.3.0, a short command timeout": () => ofIoredis(new Redis53(port, { commandTimeout: 150 })),
  "ioredis 6.0.0, a short command timeout": () => ofIoredis(new Redis6(port, { commandTimeout: 150 })),
  "ioredis 6.0.0, no reconnection": () => ofIoredis(new Redis6(port, { retryStrategy: () => null })),
  "redis 4.6.0, no reconnection": () => ofNodeRedis(redis46.createClient(never)),
  "redis 5.0.0, no reconnection": () => ofNodeRedis(redis50.createClient(never)),
  "redis 6.0.0, no reconnection": () => ofNodeRedis(redis60.createClient(never)),
  "redis 6.3.1, no reconnection": () => ofNodeRedis(redis6.createClient(never)),
  "redis 6.3.1, pool, no reconnection": () => ofNodeRedis(redis6.createClientPool(never, size)),
};

test.each(Object.entries(impatient))("%s: the inbox comes back after its connection was lost", async (_, connect) => {
  const { driver, close } = await connect();
  const holder = createLocker(driver);
  const waiter = createLocker(byMessageOnly(driver));
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
const distrustful: Record<string, () => Promise<TestClient>> = {
  "redis 5.8.0": () => ofNodeRedis(redis58.createClient({ url, socket })),
  "redis 5.12.1, RESP 3": () => ofNodeRedis(redis512.createClient({ url, RESP: 3, socket })),
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

describe.each(newest)("%s", (name) => {
  test("forceRelease notifies the holder's process at once, and grants the next waiter", async () => {
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
    const deaf = createLocker({ ...client.driver, queue: undefined }, { maxAttempts: 1_000, retryDelay: 5 });
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
