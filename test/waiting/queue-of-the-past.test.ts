import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { startRedis } from "@distlock/testing";
import { afterAll, expect, test } from "vitest";
import { clients } from "../support/clients";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { queueOf, waitersOf } from "../support/queue-key";
import { untilWaiting } from "../support/until";
import { watch } from "../support/watch";

const server = await startRedis();

afterAll(() => server.stop());

/** As after a failover to a replica that lacks the last writes: the queue has tokens that were served, or gave up. */
test.each(oldestAndNewest)("a grant from a queue of the past is passed on at once: %s", async (name) => {
  const client = await clients[name]!(server.url);
  const locker = createLocker(client.driver, { timeout: 20_000 });
  const { redis, seen, stop } = await watch(server.url);
  const key = `past:${randomUUID()}`;
  const first = await locker.acquire(key);
  const served = locker.acquire(key);
  await untilWaiting(locker, key, 1);
  const controller = new AbortController();
  const gaveUp = expect(locker.acquire(key, { signal: controller.signal })).rejects.toBeDefined();
  await untilWaiting(locker, key, 2);
  const past = await waitersOf(redis, key);
  controller.abort();
  await gaveUp;
  await first.release();
  await (await served).release();

  const holder = await locker.acquire(key);
  const next = locker.acquire(key);
  await untilWaiting(locker, key, 1);
  await redis.zadd(queueOf(key), 1, past[0]!, 2, past[1]!);
  await seen();
  await holder.release();
  const lock = await next;
  expect(lock.isHeld).toBe(true);
  const released = (await seen()).sent.filter(({ kind }) => kind === "release").flatMap(({ tokens }) => tokens);
  expect(released).toEqual([holder.token, past[0], past[1]]);
  await lock.release();
  await locker.close();
  client.close();
  stop();
});
