import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { type FaultProxy, startFaultProxy, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { leftBehind } from "./left-behind";
import { createLockers, oldestAndNewest } from "./lockers";
import { refuseUnhandledRejections } from "./unhandled";
import { until } from "./until";

const server = await startRedis();
const redis = new Redis(server.url);
const { open, end } = createLockers();
let proxy: FaultProxy;

refuseUnhandledRejections();
beforeEach(async () => {
  proxy = await startFaultProxy(server);
});
afterEach(async () => {
  await end();
  await proxy.stop();
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** As in a pool: an acquire goes over one connection, and what comes after it overtakes it on another. */
async function overtaken(name: string) {
  const { client: slow } = await open(name, proxy.url);
  const { client: fast, locker: other } = await open(name, server.url);
  await slow.get("connected");
  proxy.set("hold", { way: "toServer" });
  const locker = createLocker({ ...fast.driver, acquire: slow.driver.acquire });
  return {
    locker,
    other,
    async arrive() {
      await until(async () => proxy.kept > 0);
      await fast.get("after what was sent before");
      proxy.set("pass");
      await slow.get("after what was held");
    },
  };
}

describe.each(oldestAndNewest)("%s", (name) => {
  test.each(["timeout", "signal", "close"])("an acquire that lands after %s ended it is refused", async (how) => {
    const { locker, other, arrive } = await overtaken(name);
    const key = `late:${how}:${randomUUID()}`;
    const controller = new AbortController();
    const timeout = how === "timeout" ? 50 : 20_000;
    const ended = expect(locker.acquire(key, { timeout, signal: controller.signal })).rejects.toBeDefined();
    if (how !== "timeout") await until(async () => proxy.kept > 0);
    if (how === "signal") controller.abort();
    if (how === "close") await locker.close();
    await ended;
    await arrive();
    expect(await leftBehind(redis, key)).toEqual([]);
    expect(await other.inspect(key)).toMatchObject({ held: false, fence: 0 });
  });

  test("an acquire that lands after its wait for a held lock ended takes no place", async () => {
    const { locker, other, arrive } = await overtaken(name);
    const key = `late:queue:${randomUUID()}`;
    const held = await other.acquire(key);
    await expect(locker.acquire(key, { timeout: 50 })).rejects.toMatchObject({ code: "LOCK_BACKEND" });
    await arrive();
    expect(await other.inspect(key)).toMatchObject({ held: true, waiting: 0 });
    await held.release();
    expect(await leftBehind(redis, key)).toEqual([]);
  });
});
