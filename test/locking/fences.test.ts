import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, expect, test } from "vitest";
import { CLAIM } from "../../packages/core/src/driver/times";

const server = await startRedis();
const redis = new Redis(server.url);
redis.on("error", () => {});
const locker = createLocker(ioredisDriver(redis));

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

test("fences rise over 10,000 grants", async () => {
  let last = 0;
  for (let i = 0; i < 10_000; i++) {
    const lock = await locker.acquire("fences:many");
    expect(lock.fence).toBeGreaterThan(last);
    last = lock.fence;
    await lock.release();
  }
  expect(Number.isSafeInteger(last)).toBe(true);
});

test("fences rise over expiry, forced release, FLUSHALL and a server that restarts empty; nothing else mints one", async () => {
  const fences: number[] = [];
  const grant = async (ttl = 30_000) => {
    const lock = await locker.acquire("fences:k", { ttl, maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 5 });
    fences.push(lock.fence);
    return lock;
  };
  await grant(50);
  const second = await grant();
  expect(await locker.tryAcquire("fences:k")).toBeNull();
  await second.extend();
  expect((await locker.inspect("fences:k")).fence).toBe(second.fence);
  await locker.forceRelease("fences:k");
  await grant();
  await redis.flushall();
  await grant();
  await server.signal("SIGKILL");
  await server.restart();
  while ((await redis.ping().catch(() => "")) !== "PONG") await new Promise(setImmediate);
  expect((await locker.inspect("fences:k")).held).toBe(false);
  await (await grant()).release();
  expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
  expect(fences).toHaveLength(5);
});

test("fences rise by one when the server's clock stands behind the last", async () => {
  const first = await (await locker.acquire("fences:ahead")).release().then(() => locker.inspect("fences:ahead"));
  const ahead = first.fence + 3_600_000_000;
  await redis.set("{fences:ahead}~fence", String(ahead), "PX", 60_000);
  const lock = await locker.acquire("fences:ahead");
  expect(lock.fence).toBe(ahead + 1);
  await lock.release();
  expect((await locker.acquire("fences:ahead")).fence).toBe(ahead + 2);
});

test("a fence is remembered for fenceTtl, and never for less than its lease", async () => {
  const short = createLocker(ioredisDriver(redis, { fenceTtl: 2_000 }));
  const lock = await short.acquire("fences:short", { ttl: 500 });
  const remembered = () => redis.pttl("{fences:short}~fence");
  expect(await remembered()).toBeGreaterThan(500);
  expect(await remembered()).toBeLessThanOrEqual(2_000);
  await lock.extend(60_000);
  expect(await remembered()).toBeGreaterThan(59_000);
  await lock.release();
  const long = await short.acquire("fences:short", { ttl: 30_000 });
  expect(await remembered()).toBeGreaterThan(29_000);
  const waiting = short.acquire("fences:short", { ttl: 400 });
  while ((await short.inspect("fences:short")).waiting === 0);
  await long.release();
  const next = await waiting;
  expect(next.fence).toBeGreaterThan(long.fence);
  expect(await remembered()).toBeLessThanOrEqual(CLAIM);
  await next.release();
  const forgotten = await createLocker(ioredisDriver(redis, { fenceTtl: 0 })).acquire("fences:none", { ttl: 300 });
  expect(await redis.pttl("{fences:none}~fence")).toBeLessThanOrEqual(300);
  await forgotten.release();
  await short.close();
});
