import { randomUUID } from "node:crypto";
import { createLocker, type Locker } from "@distlock/core";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, describe, expect, test } from "vitest";
import { CLAIM } from "../../packages/core/src/driver/times";
import type { TestClient } from "../support/client";
import { clients } from "../support/clients";
import { machineClock } from "../support/machine-clock";
import { untilWaiting } from "../support/until";
import { startWaiting } from "../support/waiting-worker";

const server = await startRedis();
const redis = new Redis(server.url);
const clock = machineClock(() => redis.ping());
const open: { client: TestClient; locker: Locker }[] = [];
const names = ["ioredis 6.0.0", "redis 6.3.1"];

async function newLocker(name: string, url = server.url): Promise<Locker> {
  const client = await clients[name]!(url);
  const locker = createLocker(client.driver, { timeout: 25_000 });
  open.push({ client, locker });
  return locker;
}
const here = await newLocker(names[0]!);

afterAll(async () => {
  for (const { client, locker } of open) {
    await locker.close();
    client.close();
  }
  redis.disconnect();
  await server.stop();
});

async function costOfDeadHolder(name: string): Promise<number> {
  const key = `dead-holder:${randomUUID()}`;
  const ttl = 1_500;
  const waiter = await newLocker(name);
  const worker = await startWaiting(name, server.url);
  worker.acquire(1, key, { ttl, hold: true });
  await worker.granted(1);
  const waiting = waiter.acquire(key);
  await untilWaiting(here, key, 1);
  await redis.pexpire(key, ttl); // as if it had just extended
  worker.signal("SIGKILL");
  const died = clock();
  const lock = await waiting;
  const cost = clock() - died;
  console.log(`${name}: granted ${Math.round(cost)} ms after the holder died, ttl ${ttl} ms`);
  expect(cost).toBeLessThan(ttl + 1_000);
  await lock.release();
  return cost;
}

test("a holder that is killed costs its ttl", async () => {
  await Promise.all(names.map(costOfDeadHolder));
});

test("a holder that is killed costs its ttl also beside 100,000 other keys that expire", async () => {
  const fill = "for i = 1, 100000 do redis.call('SET', 'other:' .. i, 'x', 'PX', 1000 + i % 60000) end";
  await redis.eval(fill, 0);
  await Promise.all(names.map(costOfDeadHolder));
});

test.each(names)("the first in the queue looks when the lease ends, before its next heartbeat: %s", async (name) => {
  const waiter = await newLocker(name);
  const costs = Array.from({ length: 10 }, async () => {
    const key = `lease-end:${randomUUID()}`;
    await here.acquire(key, { ttl: 300 });
    const began = clock();
    const lock = await waiter.acquire(key);
    const cost = clock() - began;
    await lock.release();
    return cost;
  });
  // The best of ten, so that a busy machine does not matter: the heartbeat alone would be 900 ms late at least.
  expect(Math.min(...(await Promise.all(costs)))).toBeLessThan(700);
});

test.concurrent.each(names)("a waiter that is killed once it was granted costs the claim: %s", async (name) => {
  const key = `dead-waiter:${randomUUID()}`;
  const worker = await startWaiting(name, server.url);
  const lock = await here.acquire(key);
  worker.acquire(1, key);
  await untilWaiting(here, key, 1);
  const next = (await newLocker(name)).acquire(key);
  await untilWaiting(here, key, 2);
  worker.signal("SIGSTOP");
  await lock.release();
  const granted = clock();
  expect(await redis.pttl(key)).toBeLessThanOrEqual(CLAIM);
  worker.signal("SIGKILL");
  const after = await next;
  expect(clock() - granted).toBeLessThan(CLAIM + 1_000);
  await after.release();
});

describe("a waiter queues again by itself when the server loses everything", () => {
  async function lose(url: string, loss: () => Promise<unknown>): Promise<void> {
    const key = `loss:${randomUUID()}`;
    const lockers = await Promise.all([...names, ...names].map((name) => newLocker(name, url)));
    const lock = await lockers[0]!.acquire(key);
    let holders = 0;
    const waiting = Array.from({ length: 8 }, async (_, i) => {
      const granted = await lockers[i % 4]!.acquire(key);
      expect(++holders).toBe(1);
      await new Promise(setImmediate);
      holders--;
      await granted.release();
      return granted.fence;
    });
    await untilWaiting(lockers[0]!, key, 8);
    await loss();
    for (const fence of await Promise.all(waiting)) expect(fence).toBeGreaterThan(lock.fence);
    await expect(lock.release()).rejects.toMatchObject({ code: "LOCK_LOST" });
    expect(await lockers[0]!.inspect(key)).toMatchObject({ held: false, waiting: 0 });
  }

  test("FLUSHALL", async () => {
    await lose(server.url, () => redis.flushall());
  });

  test("a server that is killed and comes back empty", async () => {
    const mortal = await startRedis();
    await lose(mortal.url, async () => {
      await mortal.signal("SIGKILL");
      await mortal.restart();
    });
    for (const { client, locker } of open.splice(-4)) {
      await locker.close();
      client.close();
    }
    await mortal.stop();
  });
});
