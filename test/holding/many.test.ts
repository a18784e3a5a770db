import { getEventListeners } from "node:events";
import { createLocker, type Locker } from "@distlock/core";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { clients } from "../support/clients";
import { countHere, countThere, heapUsed } from "../support/counted";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { refuseUnhandledRejections } from "../support/unhandled";
import { until, untilWaiting } from "../support/until";

const LOCKS = 10_000;
const WAITERS = 1_000;
const MB = 2 ** 20;
/** Timers that the client, the server's answers and the test itself may have. */
const FEW = 5;

const server = await startRedis();
const redis = new Redis(server.url);

refuseUnhandledRejections();
beforeEach(async () => {
  await redis.flushall();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** A thousand at a time, so that a busy machine answers each in time. */
async function inThousands<T, R>(all: readonly T[], run: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < all.length; from += 1_000) {
    results.push(...(await Promise.all(all.slice(from, from + 1_000).map(run))));
  }
  return results;
}

/** How long this machine takes until it has so many locks, in ms. */
async function timeToTake(locker: Locker, keys: readonly string[]): Promise<number> {
  const began = performance.now();
  const locks = await inThousands(keys, (key) => locker.acquire(key, { ttl: 60_000, timeout: 25_000 }));
  const took = performance.now() - began;
  await inThousands(locks, ({ release }) => release());
  return took;
}

describe.each(oldestAndNewest)("%s", (name) => {
  test("10,000 locks are held at once with few timers, and leave nothing", async () => {
    const client = await clients[name]!(server.url, { countable: true });
    const locker = createLocker(client.driver);
    await locker.withLock("before", { ttl: 100 }, (lock) => void lock.signal);
    const before = { ...(await countHere(client)), ...(await countThere(redis)) };
    const heapBefore = await heapUsed();

    const keys = Array.from({ length: LOCKS }, (_, i) => `many:${i}`);
    const ttl = Math.max(6_000, Math.ceil(5 * (await timeToTake(locker, keys))));
    const locks = await inThousands(keys, (key) => locker.acquire(key, { ttl, autoExtend: true, timeout: 25_000 }));
    for (const { signal } of locks) expect(signal.aborted).toBe(false);
    const meanwhile = await countHere(client);
    expect(meanwhile.timers).toBeLessThan(before.timers + FEW);
    expect(meanwhile.listeners).toBe(before.listeners);
    // One more, on which the locker listens.
    expect(await countThere(redis)).toEqual({ keys: LOCKS, connections: before.connections + 1 });
    expect((await heapUsed()) - heapBefore).toBeLessThan(LOCKS * 5_000);
    // All are extended.
    const first = Math.min(...locks.map((lock) => lock.remaining()));
    await until(async () => {
      expect(locks.every(({ isHeld }) => isHeld)).toBe(true);
      return Math.min(...locks.map((lock) => lock.remaining())) > Math.max(first, ttl / 2);
    });
    await inThousands(locks.splice(0), ({ release }) => release());
    await locker.close(); // or ten seconds

    const after = await countHere(client);
    expect(after.timers).toBeLessThan(before.timers + FEW);
    expect(after.listeners).toBe(before.listeners);
    expect(await countThere(redis)).toEqual({ keys: before.keys, connections: before.connections });
    expect((await heapUsed()) - heapBefore).toBeLessThan(5 * MB);
    client.close();
  });

  test("1,000 waiters that are cancelled at once leave nothing", async () => {
    const client = await clients[name]!(server.url, { countable: true });
    const holder = createLocker(client.driver);
    const locker = createLocker(client.driver);
    const lock = await holder.acquire("held", { ttl: 60_000 });
    await expect(locker.acquire("held", { timeout: 50 })).rejects.toThrow();
    const before = { ...(await countHere(client)), ...(await countThere(redis)) };
    const heapBefore = await heapUsed();

    for (const shared of [true, false]) {
      const controllers = Array.from({ length: shared ? 1 : WAITERS }, () => new AbortController());
      const reason = new Error("user went away");
      const waits = Array.from({ length: WAITERS }, (_, i) =>
        locker.acquire("held", { signal: controllers[i % controllers.length]!.signal, timeout: 25_000 }),
      );
      const ended = Promise.allSettled(waits);
      await untilWaiting(holder, "held", WAITERS);
      for (const { signal } of controllers) expect(getEventListeners(signal, "abort")).toHaveLength(1);
      for (const controller of controllers) controller.abort(reason);
      for (const outcome of await ended) expect(outcome).toEqual({ status: "rejected", reason });
      for (const { signal } of controllers) expect(getEventListeners(signal, "abort")).toEqual([]);
      await untilWaiting(holder, "held", 0);
    }
    expect(lock.isHeld).toBe(true);
    await lock.release();
    await locker.close();
    await holder.close();
    // The inbox is one connection. The inbox of the first wait may have been open already when things were counted.
    await until(async () => (await countThere(redis)).connections <= before.connections);
    expect((await countThere(redis)).keys).toBe(0);
    const after = await countHere(client);
    expect(after.timers).toBeLessThan(before.timers + FEW);
    expect(after.listeners).toBe(before.listeners);
    expect((await heapUsed()) - heapBefore).toBeLessThan(5 * MB);
    client.close();
  });
});
