import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { stallEventLoop, startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test } from "vitest";
import { clients, newest } from "../support/clients";
import { untilWaiting } from "../support/until";
import { withQueue } from "../support/with-queue";

/** For how long a lock is handed over. */
const CLAIM = 3_000;

const server = await startRedis();

afterAll(() => server.stop());

// All clients at once: they wait for most of the time.
describe.concurrent.each(newest)("%s", (name) => {
  test("a first request that is lost without an error is sent again after 5 s, with the same token", async () => {
    const { driver, close } = await clients[name]!(server.url);
    const tokens: string[] = [];
    const locker = createLocker({
      ...driver,
      acquire(request, call) {
        tokens.push(request.token);
        return tokens.length === 1 ? new Promise(() => {}) : driver.acquire(request, call);
      },
    });
    const lock = await locker.acquire(`lost:${randomUUID()}`, { timeout: 60_000 });
    expect(tokens).toEqual([lock.token, lock.token]);
    await lock.release();
    await locker.close();
    close();
  });
});

describe.each(newest)("%s", (name) => {
  test("a later grant of the key to the same locker ends an earlier lock, even without a message", async () => {
    const { driver, close } = await clients[name]!(server.url);
    const [locker, operator] = [createLocker(driver), createLocker(driver)];
    const key = `earlier:${randomUUID()}`;
    const earlier = await locker.acquire(key, { ttl: 60_000 });
    await operator.forceRelease(key);
    const later = await locker.acquire(key, { ttl: 60_000 });
    expect([earlier.isHeld, later.isHeld]).toEqual([false, true]);
    await later.release();
    close();
  });

  test("a reply that a message has overtaken makes the lease longer", async () => {
    const { driver, close } = await clients[name]!(server.url);
    const key = `overtaken:${randomUUID()}`;
    const holder = createLocker(driver);
    const held = await holder.acquire(key);
    let isLate = false;
    let arrive = async (): Promise<void> => {};
    const queued = withQueue(driver, {
      // The waiter asks again, and the reply to that request is late.
      async heartbeat(request) {
        const reply = await driver.queue!.heartbeat(request);
        if (!isLate) setImmediate(() => void held.release());
        isLate = true;
        return { ...reply, states: ["missing"] };
      },
    });
    const locker = createLocker({
      ...queued,
      acquire(request, call) {
        if (!isLate) return driver.acquire(request, call);
        return new Promise((resolve) => {
          arrive = async () => resolve(await driver.acquire(request, call));
        });
      },
      // No extension is answered: only the reply to the request can make the lease longer than the claim.
      extend: () => new Promise(() => {}),
    });
    const lock = await locker.acquire(key, { ttl: 60_000, timeout: 60_000 });
    expect(lock.remaining()).toBeLessThan(CLAIM);
    await arrive();
    await new Promise(setImmediate);
    expect(lock.remaining()).toBeGreaterThan(30_000);
    await lock.release();
    await Promise.all([locker.close(), holder.close()]);
    close();
  });

  test("a handed-over lock whose claim ended before the caller had it is waited for again", async () => {
    const { driver, close } = await clients[name]!(server.url);
    const key = `stalled:${randomUUID()}`;
    const holder = createLocker(driver);
    const held = await holder.acquire(key);
    let asked = 0;
    const locker = createLocker({
      ...driver,
      acquire(request, call) {
        asked++;
        return driver.acquire(request, call);
      },
      extend(request) {
        stallEventLoop(CLAIM + 300);
        return driver.extend(request);
      },
    });
    const waiting = locker.acquire(key, { ttl: 60_000, timeout: 60_000 });
    await untilWaiting(holder, key, 1);
    const { fence } = await holder.inspect(key);
    await held.release();
    const lock = await waiting;
    expect(asked).toBe(2);
    expect(lock.fence).toBeGreaterThan(fence);
    expect(lock.remaining()).toBeGreaterThan(30_000);
    await lock.release();
    await Promise.all([locker.close(), holder.close()]);
    close();
  });
});
