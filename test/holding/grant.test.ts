import { randomUUID } from "node:crypto";
import type { Locker } from "@distlock/core";
import { stallEventLoop } from "@distlock/testing";
import { describe, expect, test } from "vitest";
import { behindProxy } from "../support/behind-proxy";
import { expectSoonFree } from "../support/left-behind";
import { oldestAndNewest } from "../support/oldest-and-newest";

const TTL = 100;

const here = await behindProxy();
const { server, redis, open } = here;

const newKey = () => `grant:${randomUUID()}`;

/** What is left of the lease when the acquire resolves; the lock is released again, if it is still held. */
async function leftWhenGranted(locker: Locker, key: string): Promise<number> {
  const lock = await locker.acquire(key, { ttl: TTL, timeout: 20_000 });
  const left = lock.remaining();
  const token = await redis.get(key);
  if (lock.isHeld) expect(token).toBe(lock.token);
  await lock.release().catch(() => {});
  return left;
}

/** What makes answers come later than a lease of 100 ms. */
const delays: Readonly<Record<string, () => unknown>> = {
  "a frozen server"() {
    setTimeout(() => server.signal("SIGCONT"), 3 * TTL);
    return server.signal("SIGSTOP");
  },
  "a paused server": () => redis.call("CLIENT", "PAUSE", 3 * TTL),
  "answers that are held back"() {
    setTimeout(() => here.proxy.set("pass"), 3 * TTL);
    here.proxy.set("hold");
  },
  "requests that are held back"() {
    setTimeout(() => here.proxy.set("pass"), 3 * TTL);
    here.proxy.set("hold", { way: "both" });
  },
  "a slow network": () => here.proxy.set("delay", { way: "both", delay: [5, 80] }),
  "an event loop that stalls": () => setTimeout(() => stallEventLoop(2 * TTL), 1),
};

describe.each(oldestAndNewest)("%s", (name) => {
  test.each(Object.entries(delays))("behind %s: only a lock with time left", async (_, delay) => {
    // A locker per key: keys of one locker share a reply, and with it one delay.
    const lockers = new Map<string, Locker>();
    for (let i = 0; i < 8; i++) lockers.set(newKey(), (await open(name, here.proxy.url)).locker);
    for (const locker of lockers.values()) await (await locker.acquire(newKey())).release();
    await delay();
    const left = await Promise.all([...lockers].map(([key, locker]) => leftWhenGranted(locker, key)));
    // A lease may end between the locker's look at it and the test's, if the process stands still just there.
    expect(left.filter((ms) => ms === 0).length).toBeLessThanOrEqual(1);
    expect(Math.max(...left)).toBeLessThan(TTL);
    here.proxy.set("pass");
    for (const key of lockers.keys()) await expectSoonFree(redis, key);
  });

  test("a network on which every answer is too late is an outage, and leaves nothing", async () => {
    const { locker } = await open(name, here.proxy.url);
    const key = newKey();
    here.proxy.set("delay", { way: "both", delay: [60, 70] });
    await expect(locker.acquire(key, { ttl: TTL, timeout: 700 })).rejects.toMatchObject({
      code: "LOCK_BACKEND",
      message: expect.stringContaining("after the lease of 100 ms was over"),
    });
    here.proxy.set("pass");
    await expectSoonFree(redis, key);
  });
});
