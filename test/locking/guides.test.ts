import { createLocker, LockLostError, LockNotAcquiredError } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, describe, expect, test } from "vitest";

/** What the two guides do, step by step. */
const server = await startRedis();
const redis = new Redis(server.url);
const other = new Redis(server.url);
const [here, there] = [createLocker(ioredisDriver(redis)), createLocker(ioredisDriver(other))];
const KEY = "memory:session-123";

afterAll(async () => {
  redis.disconnect();
  other.disconnect();
  await server.stop();
});

describe("Acquire", () => {
  test("sets the key to a random token with the ttl", async () => {
    const lock = await here.tryAcquire(KEY, { ttl: 30_000 });
    expect(await redis.get(KEY)).toBe(lock?.token);
    expect(await redis.pttl(KEY)).toBeGreaterThan(29_000);
    await lock?.release();
  });

  test("answers no, and no error, when another instance has it", async () => {
    const lock = await here.acquire(KEY);
    expect(await there.tryAcquire(KEY)).toBeNull();
    await lock.release();
  });

  test("takes a new token each time, so that a late release can't free a later lock of the same instance", async () => {
    const first = await here.acquire(KEY, { ttl: 20 });
    const second = await here.acquire(KEY, { maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 2 });
    expect(second.token).not.toBe(first.token);
    await expect(first.release()).rejects.toBeInstanceOf(LockLostError);
    expect(await redis.get(KEY)).toBe(second.token);
    await second.release();
  });
});

describe("AcquireWithRetry", () => {
  test("gives up after the attempts that were asked for", async () => {
    const lock = await here.acquire(KEY);
    const error = await there.acquire(KEY, { maxAttempts: 3, retryDelay: 10 }).catch((e) => e);
    expect(error).toBeInstanceOf(LockNotAcquiredError);
    expect(error.message).toMatch(/^failed to acquire lock "memory:session-123" after 3 attempts/);
    await lock.release();
  });

  test("is granted when the lock is freed between two attempts", async () => {
    const lock = await here.acquire(KEY);
    const waiting = there.acquire(KEY, { maxAttempts: 1_000, retryDelay: 2 });
    await lock.release();
    await (await waiting).release();
  });

  test("ends with the caller's context", async () => {
    const lock = await here.acquire(KEY);
    await expect(there.acquire(KEY, { signal: AbortSignal.timeout(20), retryDelay: 60_000 })).rejects.toMatchObject({
      name: "TimeoutError",
    });
    await lock.release();
  });
});

describe("Release", () => {
  test("deletes the key", async () => {
    await (await here.acquire(KEY)).release();
    expect(await redis.exists(KEY)).toBe(0);
  });

  test('says "lock not held by this instance" when another has it by then', async () => {
    const lock = await here.acquire(KEY);
    await redis.set(KEY, "another", "PX", 30_000);
    await expect(lock.release()).rejects.toThrow("lock not held by this instance");
    expect(await redis.get(KEY)).toBe("another");
    await redis.del(KEY);
  });

  test("works although the caller's context was cancelled in the meantime", async () => {
    const controller = new AbortController();
    const lock = await here.acquire(KEY, { signal: controller.signal });
    controller.abort();
    await lock.release();
    expect(await redis.exists(KEY)).toBe(0);
  });
});

describe("Extend", () => {
  test("sets a longer ttl for the holder", async () => {
    const lock = await here.acquire(KEY, { ttl: 1_000 });
    await lock.extend(60_000);
    expect(await redis.pttl(KEY)).toBeGreaterThan(50_000);
    await lock.release();
  });

  test("says that the lock is not held when it is not", async () => {
    const lock = await here.acquire(KEY);
    await redis.del(KEY);
    await expect(lock.extend(60_000)).rejects.toThrow("lock not held by this instance");
    expect(await redis.exists(KEY)).toBe(0);
  });

  test("is not needed by hand: the lock of a long operation stays alive", async () => {
    await here.withLock(KEY, { ttl: 600 }, async (lock) => {
      const began = performance.now();
      while (performance.now() - began < 1_000) {
        expect(await there.tryAcquire(KEY)).toBeNull();
        expect(lock.isHeld).toBe(true);
      }
    });
    expect(await redis.exists(KEY)).toBe(0);
  });
});

test("a lock whose process crashed expires after its ttl", async () => {
  const crashed = createLocker(ioredisDriver(redis));
  await crashed.acquire(KEY, { ttl: 40 });
  await crashed.close();
  const lock = await there.acquire(KEY, { maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 5 });
  expect(lock.isHeld).toBe(true);
  await lock.release();
});
