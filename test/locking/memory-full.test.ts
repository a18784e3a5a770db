import { createLocker, type Fact, type FailureFact, observe } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, expect, test } from "vitest";

const server = await startRedis();
const redis = new Redis(server.url);
const driver = ioredisDriver(redis);
const locker = createLocker(driver);

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

test("observers see the commands that a server without memory refuses, also for a lock that somebody waited for", async () => {
  const failures: FailureFact[] = [];
  // Test files share a process: a locker of another file may be at work, with a client that is closed.
  const isOwn = (fact: Fact): fact is FailureFact => fact.name === "failure" && String(fact.error).includes("OOM");
  using _ = observe({ event: (fact) => void (isOwn(fact) && failures.push(fact)) });
  await Promise.all([1, 2].map(() => locker.withLock("waited for", async () => {})));
  await redis.config("SET", "maxmemory", "1");
  await expect(locker.acquire("waited for", { timeout: 500 })).rejects.toThrow(/the server's memory is full/);
  await redis.config("SET", "maxmemory", "0");
  expect(failures.length).toBeGreaterThan(0);
  expect(new Set(failures.map(({ verb }) => verb))).toEqual(new Set(["acquire"]));
});

test("a server without memory refuses new locks, and still extends, transfers, releases, undoes and forces out", async () => {
  const [first, second] = [await locker.acquire("a"), await locker.acquire("b")];
  await driver.acquire({ keys: ["e"], token: "one", ttl: 30_000 }, { abandoned: false });
  await redis.config("SET", "maxmemory", "1");
  await expect(locker.tryAcquire("c")).rejects.toMatchObject({
    code: "LOCK_BACKEND",
    message: expect.stringContaining("OOM"),
  });
  await first.extend(60_000);
  const given = await driver.transfer!({ key: "e", from: "one", to: "two", ttl: 30_000 });
  expect(given).toEqual({ status: "granted", fence: expect.any(Number) });
  expect(await driver.inspect("e")).toMatchObject({ token: "two", fence: (given as { fence: number }).fence });
  await first.release();
  expect((await locker.inspect("a")).held).toBe(false);
  expect(await locker.forceRelease("b")).toBe(true);
  await expect(second.release()).rejects.toMatchObject({ code: "LOCK_LOST" });
  expect(await driver.release({ key: "d", token: "given up", tombstone: true })).toBe("lost");
  await redis.config("SET", "maxmemory", "0");
  expect(await driver.acquire({ keys: ["d"], token: "given up", ttl: 1_000 }, { abandoned: false })).toEqual({
    status: "dead",
    key: "d",
  });
});
