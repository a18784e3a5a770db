import { randomUUID } from "node:crypto";
import { createLocker, type Locker } from "@distlock/core";
import { stallEventLoop, startRedis } from "@distlock/testing";
import { afterAll, expect, test } from "vitest";
import { withTimeout } from "../../packages/core/src/driver/with-timeout";
import { clients } from "../support/clients";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { untilWaiting } from "../support/until";

const server = await startRedis();
const closers: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closers) await close();
  await server.stop();
});

async function newLocker(name: string): Promise<Locker> {
  const client = await clients[name]!(server.url);
  const locker = createLocker(client.driver);
  closers.push(async () => {
    await locker.close();
    client.close();
  });
  return locker;
}

test.each(oldestAndNewest)(
  "a wait that ends in a stall of the event loop was contention, and no outage (%s)",
  async (name) => {
    const locker = await newLocker(name);
    const key = `stalled:${randomUUID()}`;
    const lock = await locker.acquire(key);
    const queued = locker.acquire(key, { timeout: 500 });
    queued.catch(() => {});
    await untilWaiting(locker, key, 1);
    stallEventLoop(2_600);
    await expect(queued).rejects.toMatchObject({ code: "LOCK_NOT_ACQUIRED" });

    const asking = locker.acquire(key, { timeout: 300, retryDelay: 20, maxAttempts: 1_000 });
    asking.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 5));
    stallEventLoop(700);
    await expect(asking).rejects.toMatchObject({ code: "LOCK_NOT_ACQUIRED" });
    await lock.release();
  },
);

test.each(oldestAndNewest)(
  "a grant that is there when the event loop turns again is taken, and not undone (%s)",
  async (name) => {
    const locker = await newLocker(name);
    const key = `granted:${randomUUID()}`;
    await (await locker.acquire(key)).release();
    const waiting = locker.acquire(key, { timeout: 200 });
    await new Promise(setImmediate); // until the request is written
    await new Promise(setImmediate);
    stallEventLoop(400);
    const lock = await waiting;
    expect(lock.isHeld).toBe(true);
    await lock.release();
  },
);

test.each(oldestAndNewest)(
  "an answer that is there when the event loop turns again does not count as silence (%s)",
  async (name) => {
    const client = await clients[name]!(server.url);
    const key = `answered:${randomUUID()}`;
    await client.driver.inspect(key); // loads the script
    await server.command("CLIENT", "PAUSE", "100");
    const answer = withTimeout(50, client.driver.inspect(key), () => new Error("silence"));
    await new Promise(setImmediate); // until the request is written
    await new Promise(setImmediate);
    stallEventLoop(200);
    expect(await answer).toMatchObject({ held: false });
    client.close();
  },
);
