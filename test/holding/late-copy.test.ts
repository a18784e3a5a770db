import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { describe, expect, test } from "vitest";
import { behindProxy } from "../support/behind-proxy";
import { leftBehind } from "../support/left-behind";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { until } from "../support/until";

const here = await behindProxy();
const { server, redis, open } = here;

/** As in a pool: an acquire goes over one connection, and what comes after it overtakes it on another. */
async function overtaken(name: string) {
  const { client: slow } = await open(name, here.proxy.url);
  const { client: fast, locker: other } = await open(name, server.url);
  await slow.get("connected");
  here.proxy.set("hold", { way: "toServer" });
  const locker = createLocker({ ...fast.driver, acquire: slow.driver.acquire });
  return {
    locker,
    other,
    async arrive() {
      await until(async () => here.proxy.kept > 0);
      await fast.get("after the earlier commands");
      here.proxy.set("pass");
      await slow.get("after the held commands");
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
    if (how !== "timeout") await until(async () => here.proxy.kept > 0);
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
