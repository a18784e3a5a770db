import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { startFaultProxy, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { leftBehind } from "../support/left-behind";
import { createLockers } from "../support/lockers";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { refuseUnhandledRejections } from "../support/unhandled";
import { until } from "../support/until";

const server = await startRedis();
const redis = new Redis(server.url);
const proxy = await startFaultProxy(server);
const { open, end } = createLockers();

refuseUnhandledRejections();
afterEach(async () => {
  proxy.set("pass");
  await end();
});
afterAll(async () => {
  redis.disconnect();
  await proxy.stop();
  await server.stop();
});

/** A lock whose extension is under way, and overtaken by later commands, as in a pool. */
async function extending(name: string) {
  const { client: slow } = await open(name, proxy.url);
  const { client: fast, locker: other } = await open(name, server.url);
  await slow.get("connected");
  proxy.set("hold", { way: "toServer" });
  const kept = proxy.kept;
  const locker = createLocker({ ...fast.driver, extend: slow.driver.extend });
  const key = `late-extension:${randomUUID()}`;
  const lock = await locker.acquire(key, { ttl: 1_500, autoExtend: true });
  const { signal } = lock;
  await until(async () => proxy.kept > kept);
  return {
    key,
    lock,
    signal,
    other,
    async arrive() {
      proxy.set("pass");
      await slow.get("after the held commands");
    },
  };
}

describe.each(oldestAndNewest)("%s", (name) => {
  test("an extension that lands after the release brings nothing back", async () => {
    const { key, lock, signal, arrive } = await extending(name);
    await lock.release();
    await arrive();
    expect(await leftBehind(redis, key)).toEqual([]);
    expect(signal.aborted).toBe(false); // released, not lost
    await lock.release();
  });

  test("nor does it touch the next holder", async () => {
    const { key, lock, other, arrive } = await extending(name);
    await lock.release();
    const next = await other.acquire(key, { ttl: 500 });
    await arrive();
    expect(await redis.pttl(key)).toBeLessThanOrEqual(500);
    if (next.isHeld) expect(await redis.get(key)).toBe(next.token);
    await next.release().catch(() => {});
  });

  test("an extension that lands after the loss is undone", async () => {
    const { key, lock, signal, arrive } = await extending(name);
    await redis.pexpire(key, 60_000); // it will find the key
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    await arrive();
    await until(async () => (await leftBehind(redis, key)).length === 0);
    expect(lock.isHeld).toBe(false);
    await expect(lock.extend()).rejects.toBe(signal.reason);
  });
});
