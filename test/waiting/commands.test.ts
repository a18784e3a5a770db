import { randomUUID } from "node:crypto";
import { createLocker, type Lock, type Locker } from "@distlock/core";
import { startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test } from "vitest";
import type { TestClient } from "../support/client";
import { clients } from "../support/clients";
import { waitersOf } from "../support/queue-key";
import { until, untilWaiting } from "../support/until";
import { type Sent, watch } from "../support/watch";

const server = await startRedis();
const monitor = await watch(server.url);
const open: { client: TestClient; locker: Locker }[] = [];

afterAll(async () => {
  for (const { client, locker } of open) {
    await locker.close();
    client.close();
  }
  monitor.stop();
  await server.stop();
});

async function newLocker(name: string): Promise<Locker> {
  const client = await clients[name]!(server.url);
  const locker = createLocker(client.driver, { timeout: 120_000 });
  open.push({ client, locker });
  return locker;
}

const names = ["ioredis 6.0.0", "redis 6.3.1", "ioredis 5.3.0", "redis 4.6.0"];
const here = await newLocker(names[0]!);
const lockers = await Promise.all(names.map(newLocker));
const scripts = (sent: readonly Sent[]) => sent.filter(({ kind }) => kind !== "heartbeat" && kind !== "inspect");
const counted = (sent: readonly Sent[]) => {
  const counts: Record<string, number> = {};
  for (const { kind } of scripts(sent)) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
};

describe("a contended grant costs 3 commands and a push to its process", () => {
  test.each([1, 2, 1_000])("with %i waiters in 4 lockers", async (size) => {
    const key = `cost:${randomUUID()}`;
    const lock = await here.acquire(key);
    await monitor.seen();
    const order: string[] = [];
    const done: Promise<void>[] = [];
    const began = performance.now();
    for (let i = 0; i < size; i++) {
      const granted = lockers[i % 4]!.acquire(key);
      done.push(
        granted.then(async (each: Lock) => {
          order.push(each.token);
          await each.release();
        }),
      );
      if (i % 4 === 3) await new Promise(setImmediate);
    }
    await untilWaiting(here, key, size);
    const entering = await monitor.seen();
    expect(entering.pushes).toEqual([]);
    // The holder's locker checks its lock once when it begins to listen.
    const entered = entering.sent.filter(({ tokens }) => !tokens.includes(lock.token));
    expect(Object.keys(counted(entered))).toEqual(["acquire"]);
    expect(scripts(entered).length).toBeLessThanOrEqual(size);

    await lock.release();
    await Promise.all(done);
    // The last extension and the last release may share a tick.
    const draining = await monitor.seen();
    const { release = 0, extend = 0, ...others } = counted(draining.sent);
    expect(others).toEqual({});
    expect(release).toBe(size + 1);
    expect(extend).toBeLessThanOrEqual(size);
    expect(draining.pushes.map(({ token }) => token)).toEqual(order);
    for (const { channel, token } of draining.pushes) expect(channel).toBe(`distlock:${token.split(":")[0]}`);

    const heartbeats = [...entering.sent, ...draining.sent].filter(({ kind }) => kind === "heartbeat");
    const intervals = Math.ceil((performance.now() - began) / 900) + 1; // one more: the inbox was opened
    expect(heartbeats.length).toBeLessThanOrEqual(lockers.length * intervals);
    expect(await waitersOf(monitor.redis, key)).toEqual([]);
  });

  /** How many commands the scripts run from a release to the waiter's lock; nothing if a heartbeat came in between. */
  async function work(size: number): Promise<number | undefined> {
    const key = `work:${randomUUID()}`;
    const lock = await here.acquire(key);
    const controllers = Array.from({ length: size }, () => new AbortController());
    const waiting = controllers.map(({ signal }, i) => lockers[i % 4]!.acquire(key, { signal }).catch(() => undefined));
    await untilWaiting(here, key, size);
    await monitor.seen();
    await lock.release();
    const first = await waiting[0];
    const { sent, inner } = await monitor.seen();
    for (const controller of controllers) controller.abort();
    await first?.release();
    await Promise.all(waiting);
    await until(async () => {
      const { held, waiting: left } = await here.inspect(key);
      return !held && left === 0;
    });
    return sent.some(({ kind }) => kind === "heartbeat") ? undefined : inner;
  }

  test("with as much work inside the release for 1,000 waiters as for 2", async () => {
    const measured: number[] = [];
    for (const size of [2, 1_000]) {
      let inner: number | undefined;
      while (inner === undefined) inner = await work(size);
      measured.push(inner);
    }
    const [few, many] = measured as [number, number];
    expect(Math.abs(many - few)).toBeLessThanOrEqual(4); // the extension may be in both, or in one
  });
});

test("nobody waiting: nothing is published", async () => {
  const key = `quiet:${randomUUID()}`;
  await monitor.seen();
  for (const locker of lockers) {
    const lock = await locker.acquire(key);
    expect(await here.tryAcquire(key)).toBeNull();
    await expect(here.acquire(key, { wait: "retry", maxAttempts: 2, retryDelay: 1 })).rejects.toMatchObject({
      code: "LOCK_NOT_ACQUIRED",
    });
    await lock.release();
  }
  // Somebody waited, but left.
  const lock = await here.acquire(key);
  const controller = new AbortController();
  const waiting = lockers[0]!.acquire(key, { signal: controller.signal });
  await untilWaiting(here, key, 1);
  controller.abort();
  await expect(waiting).rejects.toBe(controller.signal.reason);
  await untilWaiting(here, key, 0);
  await lock.release();
  expect((await monitor.seen()).pushes).toEqual([]);
});

test.each(names)("from the release to the waiter's lock no command of the waiter is needed: %s", async (name) => {
  const key = `one-way:${randomUUID()}`;
  const holder = await newLocker(name);
  const waiter = await newLocker(name);
  const lock = await holder.acquire(key);
  const waiting = waiter.acquire(key);
  await untilWaiting(holder, key, 1);
  const queued = await monitor.seen();
  const token = queued.sent.flatMap(({ tokens }) => tokens).at(-1)!;
  const inbox = `distlock:${token.split(":")[0]}`;
  await until(async () => Number((await monitor.redis.pubsub("NUMSUB", inbox))[1]) === 1);
  // Its heartbeat is not needed either: the lock comes while the server takes no script of the waiter.
  const granted = waiting.then(async (each) => {
    expect(each.token).toBe(token);
    return each;
  });
  await monitor.seen();
  await lock.release();
  const next = await granted;
  const { sent, pushes } = await monitor.seen();
  expect(pushes.map((push) => push.token)).toEqual([token]);
  const before = scripts(sent).slice(
    0,
    sent.findIndex(({ kind }) => kind === "extend"),
  );
  expect(before.filter(({ kind }) => kind !== "release")).toEqual([]);
  await next.release();
});
