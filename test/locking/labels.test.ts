import { randomUUID } from "node:crypto";
import { createLeases, createLocker } from "@distlock/core";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, describe, expect, test } from "vitest";
import { clients, newest } from "../support/clients";
import { until } from "../support/until";

const server = await startRedis();
const redis = new Redis(server.url);
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const labels = ["api-7:4711", 'a "quote" \\ and } {', "\n\0\u001b[31m", "🔒".repeat(12), "x".repeat(48), ""];

// All clients at once: they wait for most of the time.
describe.concurrent.each(newest)("%s", (name) => {
  test("the holder in an error is the holder of that time, and the place too", async () => {
    const client = await clients[name]!(server.url);
    const [one, two] = [createLocker(client.driver, { label: "one" }), createLocker(client.driver, { label: "two" })];
    const key = `labels:${randomUUID()}`;
    const first = await one.acquire(key);
    const second = two.acquire(key, { timeout: 10_000 });
    await until(async () => (await one.inspect(key)).waiting === 1);
    const third = one.acquire(key, { timeout: 2_800, label: "three" }).catch((error) => error);
    await until(async () => (await one.inspect(key)).waiting === 2);
    await first.release();
    const { fence } = await second;
    const refusal = await third;
    expect(refusal).toMatchObject({ holder: { label: "two", since: Math.floor(fence / 1_000) }, ahead: 0 });
    expect(refusal.age).toBeGreaterThan(1_000);
    await (await second).release();
    client.close();
  });
});

describe.each(newest)("%s", (name) => {
  test.each(labels)(
    "the label %j is read by others, of holders and of waiters, and through hand-overs",
    async (label) => {
      const client = await clients[name]!(server.url);
      const [one, two] = [createLocker(client.driver, { label }), createLocker(client.driver)];
      const key = `labels:${randomUUID()}`;
      const before = Date.now();
      const held = await one.acquire(key);
      const waiting = one.acquire(key, { timeout: 10_000 });
      await until(async () => (await two.inspect(key)).waiting === 1);
      const { holder, waiters, fence } = await two.inspect(key);
      expect([holder?.label, waiters.map((waiter) => waiter.label)]).toEqual([label, [label]]);
      // The server runs on this machine, by the same clock.
      for (const party of [holder!, ...waiters]) {
        expect(party.since).toBeGreaterThanOrEqual(before - 1);
        expect(party.since).toBeLessThanOrEqual(Date.now() + 1);
      }
      expect(Math.floor(fence / 1_000)).toBe(holder!.since);
      const refusal = await two.acquire(key, { timeout: 30 }).catch((error) => error);
      expect(refusal).toMatchObject({ code: "LOCK_NOT_ACQUIRED", holder, ahead: 1 });
      expect(refusal.message).toContain(`held by ${JSON.stringify(label)} for 0.`);
      await held.release();
      const next = await waiting;
      const handed = await two.inspect(key);
      expect([handed.holder?.label, handed.fence, handed.waiters]).toEqual([label, next.fence, []]);
      await next.release();
      expect((await two.inspect(key)).holder).toBeNull();
      await Promise.all([one.close(), two.close()]);
      client.close();
    },
  );

  test("a label costs no key, and a lock with one is a plain string that other libraries respect", async () => {
    const client = await clients[name]!(server.url);
    const locker = createLocker(client.driver, { label: "🔒 label" });
    const key = `labels:${randomUUID()}`;
    const lock = await locker.acquire(key);
    expect(await redis.set(key, "theirs", "PX", 1_000, "NX")).toBeNull();
    expect(await redis.get(key)).toBe(lock.token);
    expect((await redis.keys(`*${key}*`)).length).toBe(2);
    await lock.release();
    expect(await redis.set(key, "theirs", "PX", 10_000, "NX")).toBe("OK");
    expect(await locker.inspect(key)).toMatchObject({ held: true, holder: {}, waiting: 0 });
    expect((await locker.inspect(key)).holder).toEqual({});
    expect(await locker.forceRelease(key, { fence: lock.fence })).toBe(false);
    expect(await redis.get(key)).toBe("theirs");
    const refusal = await locker.acquire(key, { timeout: 0 }).catch((error) => error);
    expect([refusal.holder, refusal.age, refusal.ahead]).toEqual([{}, undefined, 0]);
    await redis.del(key);
    await (await locker.acquire(key)).release();
    client.close();
  });

  test("the loser of a forced release learns its reason, and a lease of another token has no label", async () => {
    const [client, other] = [await clients[name]!(server.url), await clients[name]!(server.url)];
    const [locker, operator] = [createLocker(client.driver, { label: "worker" }), createLocker(other.driver)];
    const leases = createLeases(client.driver);
    const key = `labels:${randomUUID()}`;
    const held = await operator.acquire(key);
    const waiting = locker.acquire(key, { autoExtend: true });
    await until(async () => (await operator.inspect(key)).waiting === 1);
    await held.release();
    const lock = await waiting;
    const lost = new Promise((resolve) => lock.signal.addEventListener("abort", resolve, { once: true }));
    expect(await operator.forceRelease(key, { fence: held.fence, reason: "stale" })).toBe(false);
    expect(await operator.forceRelease(key, { fence: lock.fence, reason: "deploy  7" })).toBe(true);
    await lost;
    expect(lock.signal.reason).toMatchObject({ code: "LOCK_LOST", reason: "deploy  7" });
    const [from, to] = [randomUUID(), randomUUID()];
    await leases.acquire({ key, token: from, ttl: 10_000 });
    await leases.transfer({ key, from, to, ttl: 10_000 });
    expect((await operator.inspect(key)).holder).toEqual({});
    await leases.release({ key, token: to });
    client.close();
    other.close();
  });
});
