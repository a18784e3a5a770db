import { randomUUID } from "node:crypto";
import { getEventListeners } from "node:events";
import { createLocker, type Lock, type Locker } from "@distlock/core";
import { freePort, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { TestClient } from "../support/client";
import { clients, newest } from "../support/clients";
import { machineClock } from "../support/machine-clock";
import { waitersOf } from "../support/queue-key";
import { until } from "../support/until";
import { startWorker } from "../support/worker";

const server = await startRedis();
const redis = new Redis(server.url);
const clock = machineClock(() => redis.ping());
const rejections: unknown[] = [];
const onRejection = (reason: unknown) => rejections.push(reason);
process.on("unhandledRejection", onRejection);

afterEach(() => {
  expect(rejections.splice(0)).toEqual([]);
});
afterAll(async () => {
  process.off("unhandledRejection", onRejection);
  redis.disconnect();
  await server.stop();
});

const subscribers = async () =>
  String(await redis.call("CLIENT", "LIST", "TYPE", "pubsub")).match(/^id=/gm)?.length ?? 0;

/** From one turn of the event loop to a few ms. */
async function pause(from: number, to: number): Promise<void> {
  const ms = from + Math.random() * (to - from);
  if (ms >= 1) await new Promise((resolve) => setTimeout(resolve, ms));
  for (let turn = 0; ms < 1 && turn < ms * 20; turn++) await new Promise(setImmediate);
}

const endings = {
  signal: { status: "rejected", reason: "user went away" },
  timeout: { status: "rejected", reason: { code: expect.stringMatching(/^LOCK_(NOT_ACQUIRED|BACKEND)$/) } }, // BACKEND: no answer so fast
  close: { status: "rejected", reason: { code: "LOCKER_CLOSED" } },
};

interface Moment {
  readonly from: number;
  readonly to: number;
  /** Whether the wait is known to have begun before anything ends it. */
  readonly waits: boolean;
}

interface Room {
  readonly client: TestClient;
  readonly holder: Locker;
  readonly bystander: Locker;
}

/** Releases locks while one waiter gives up and another waits on; returns the keys. */
async function leave(
  { client, holder, bystander }: Room,
  how: keyof typeof endings,
  { from, to, waits }: Moment,
  size: number,
): Promise<string[]> {
  const leaving = createLocker(client.driver, { timeout: 25_000 });
  const release = (lock: Lock) => lock.release();

  async function one(): Promise<string> {
    const key = `ends:${randomUUID()}`;
    const held = await holder.acquire(key);
    const controller = new AbortController();
    const { signal } = controller;
    const timeout = how === "timeout" ? from + Math.random() * (to - from) + 0.01 : 25_000;
    const first = Promise.allSettled([leaving.acquire(key, { signal, timeout }).then(release)]);
    const second = bystander.acquire(key).then(release);
    if (waits) await until(async () => (await holder.inspect(key)).waiting > 0);
    const freed = pause(from, to).then(() => held.release());
    await pause(from, to);
    if (how === "signal") controller.abort("user went away");
    if (how === "close") await leaving.close();
    const asked = clock();
    const [outcome] = await first;
    if (how !== "timeout") expect(clock() - asked).toBeLessThan(1_000);
    if (outcome.status === "rejected") expect(outcome).toMatchObject(endings[how]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    await Promise.all([freed, second]);
    return key;
  }
  const keys = await Promise.all(Array.from({ length: size }, one));
  await leaving.close();
  return keys;
}

describe.each(["ioredis 6.0.0", "redis 6.3.1"])("%s", (name) => {
  const moments: Record<string, [Moment, batches: number, size: number]> = {
    "around its beginning": [{ from: 0, to: 3, waits: false }, 8, 20],
    "around the hand-over": [{ from: 0, to: 4, waits: true }, 8, 20],
    "around the heartbeat": [{ from: 850, to: 1_050, waits: true }, 1, 100],
  };
  test.each(Object.entries(moments))(
    "a wait that ends %s leaves nothing behind",
    async (_, [moment, batches, size]) => {
      const client = await clients[name]!(server.url);
      const holder = createLocker(client.driver);
      const bystander = createLocker(client.driver, { timeout: 25_000 });
      const keys: string[] = [];
      for (let batch = 0; batch < batches; batch++) {
        const all = (["signal", "timeout", "close"] as const).map((how) =>
          leave({ client, holder, bystander }, how, moment, size),
        );
        keys.push(...(await Promise.all(all)).flat());
      }
      for (const key of keys) expect(await holder.inspect(key)).toMatchObject({ held: false, waiting: 0 });
      for (const key of keys) expect(await waitersOf(redis, key)).toEqual([]);
      await Promise.all(
        keys.map(async (key) => {
          const lock = await holder.tryAcquire(key);
          expect(lock, `${key} is stuck`).not.toBeNull();
          await lock!.release();
        }),
      );
      await holder.close();
      await bystander.close();
      await until(async () => (await subscribers()) === 0);
      client.close();
    },
  );
});

describe.each(newest)("%s", (name) => {
  test("close ends every wait and every inbox, open or not, and leaves nothing that keeps the process running", async () => {
    const holding = await clients[name]!(server.url);
    const holder = createLocker(holding.driver);
    const key = `exit:${randomUUID()}`;
    const lock = await holder.acquire(key);
    const worker = startWorker("wait-and-exit", name, server.url, `redis://127.0.0.1:${await freePort()}`, key);
    expect(await worker.next()).toEqual(["LOCKER_CLOSED", "LOCK_NOT_ACQUIRED", "LOCKER_CLOSED", "LOCKER_CLOSED"]);
    expect(await worker.next()).toBe("no timers");
    expect(await worker.ended).toBe(0);
    expect(await holder.inspect(key)).toMatchObject({ held: true, waiting: 0 });
    expect(await waitersOf(redis, key)).toEqual([]);
    await lock.release();
    holding.close();
  });
});
