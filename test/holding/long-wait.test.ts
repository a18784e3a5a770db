import { startFaultProxy, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, expect, test } from "vitest";
import { expectSoonFree } from "../support/left-behind";
import { createLockers } from "../support/lockers";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { refuseUnhandledRejections } from "../support/unhandled";
import { untilWaiting } from "../support/until";

const server = await startRedis();
const redis = new Redis(server.url);
const { open, end } = createLockers();

refuseUnhandledRejections();
afterAll(async () => {
  await end();
  redis.disconnect();
  await server.stop();
});

test.concurrent.each(oldestAndNewest)(
  "a short lock that is granted after a long wait, over a slow network, has time left: %s",
  async (name) => {
    const proxy = await startFaultProxy(server);
    const { locker } = await open(name, proxy.url);
    const { locker: other } = await open(name, server.url);
    const key = `long-wait:${name}`;
    const held = await other.acquire(key, { autoExtend: true });
    proxy.set("delay", { way: "both", delay: [1, 30] });
    const fences: number[] = [];
    const waiting = Array.from({ length: 12 }, async () => {
      const lock = await locker.acquire(key, { ttl: 100, timeout: 20_000 });
      const left = lock.remaining();
      fences.push(lock.fence);
      const token = await redis.get(key);
      if (lock.isHeld) expect(token).toBe(lock.token);
      await lock.release();
      return left;
    });
    await untilWaiting(other, key, 12);
    await new Promise((resolve) => setTimeout(resolve, 2_500)); // heartbeats pass, and many leases
    await held.release();
    expect(Math.min(...(await Promise.all(waiting)))).toBeGreaterThan(0);
    expect(fences).toEqual([...fences].sort((a, b) => a - b));
    await expectSoonFree(redis, key);
    await proxy.stop();
  },
);
