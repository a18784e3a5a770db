import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { createLeases, createLocker } from "@distlock/core";
import { type RedisConnection, redisDriver } from "@distlock/core/driver";
import { ioredisConnection } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, afterEach, expect, test } from "vitest";
import { queueOf } from "../support/queue-key";
import { untilWaiting } from "../support/until";

const server = await startRedis();
const redis = new Redis(server.url);
const near = createLocker(redisDriver(ioredisConnection(redis)));
const rejections: unknown[] = [];
process.on("unhandledRejection", (reason) => rejections.push(reason));

afterEach(() => {
  expect(rejections.splice(0)).toEqual([]);
});
afterAll(async () => {
  await near.close();
  redis.disconnect();
  await server.stop();
});

test("one lock's error does not make another one's release unknown, however far the server is", async () => {
  const inner = ioredisConnection(redis);
  const far: RedisConnection = {
    ...inner,
    async evalSha(...script) {
      const reply = await inner.evalSha(...script).catch((error: Error) => error);
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (reply instanceof Error) throw reply;
      return reply;
    },
  };
  const locker = createLocker(redisDriver(far));
  const [good, bad] = [`good:${randomUUID()}`, `bad:${randomUUID()}`];
  await (await locker.acquire(good)).release(); // loads the scripts
  const locks = [await locker.acquire(good), await locker.acquire(bad)] as const;
  await redis.del(queueOf(bad)); // nothing, or the token that was released last
  await redis.rpush(queueOf(bad), "no queue");
  await redis.pexpire(queueOf(bad), 60_000);
  const next = near.withLock(good, async () => {});
  await untilWaiting(near, good, 1);
  const [first, second] = await Promise.allSettled(locks.map((lock) => lock.release()));
  expect(first).toMatchObject({ status: "fulfilled" });
  expect(second).toMatchObject({ status: "rejected", reason: { code: "LOCK_BACKEND" } });
  await next;
  await locker.close();
});

test("a connection that throws instead of rejecting leaves nobody waiting", async () => {
  const inner = ioredisConnection(redis);
  let healthy = true;
  const throwing: RedisConnection = {
    ...inner,
    evalSha(...script) {
      if (healthy) return inner.evalSha(...script);
      throw new Error("thrown at once");
    },
  };
  const locker = createLocker(redisDriver(throwing), { timeout: 30_000 });
  const key = `throws:${randomUUID()}`;
  const first = await locker.acquire(key);
  await first.extend(); // now all scripts are known
  await first.release();
  const lock = await locker.acquire(key);
  healthy = false;
  const message = expect.stringContaining("thrown at once");
  const attempts = ["a", "b"].map((key) => locker.tryAcquire(key));
  for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: "LOCK_BACKEND", message });
  await expect(lock.extend()).rejects.toMatchObject({ code: "LOCK_BACKEND", message });
  await expect(lock.release()).rejects.toMatchObject({ code: "LOCK_BACKEND", message });
  healthy = true;
  await lock.release();
  await locker.close();
});

test("a connection may be an object of a class", async () => {
  class Connection implements RedisConnection {
    readonly #inner = ioredisConnection(redis);
    readonly keyPrefix = "";
    readonly cluster = false;
    evalSha(...script: Parameters<RedisConnection["evalSha"]>) {
      return this.#inner.evalSha(...script);
    }
    eval(...script: Parameters<RedisConnection["eval"]>) {
      return this.#inner.eval(...script);
    }
    subscribe(...listening: Parameters<NonNullable<RedisConnection["subscribe"]>>) {
      return this.#inner.subscribe!(...listening);
    }
  }
  const locker = createLocker(redisDriver(new Connection()));
  const key = `class:${randomUUID()}`;
  const lock = await locker.acquire(key);
  const waiting = locker.acquire(key);
  await untilWaiting(near, key, 1);
  await lock.release();
  await (await waiting).release();
  await locker.close();
});

test("waiters of a key that becomes something other than a lock reject, and do not ask without end", async () => {
  const inner = ioredisConnection(redis);
  let commands = 0;
  const counting: RedisConnection = {
    ...inner,
    evalSha(...script) {
      commands++;
      return inner.evalSha(...script);
    },
  };
  const locker = createLocker(redisDriver(counting));
  const key = `persistent:${randomUUID()}`;
  // Not by a locker: it would extend the lock, and so give it a ttl again.
  await createLeases(redisDriver(inner)).acquire({ key, token: "the holder", ttl: 30_000 });
  const waiting = locker.acquire(key, { timeout: 10_000 });
  waiting.catch(() => {});
  await untilWaiting(near, key, 1);
  await redis.persist(key);
  commands = 0;
  await expect(waiting).rejects.toMatchObject({ code: "LOCK_BACKEND", message: expect.stringContaining("not a lock") });
  expect(commands).toBeLessThan(20);
  await locker.close();
});

test("a command that serves several callers is sent in the context of none of them, a command of one in its own", async () => {
  const inner = ioredisConnection(redis);
  const storage = new AsyncLocalStorage<string>();
  const contexts: unknown[] = [];
  const seeing: RedisConnection = {
    ...inner,
    evalSha(...script) {
      contexts.push(storage.getStore());
      return inner.evalSha(...script);
    },
  };
  const locker = storage.run("where the locker was made", () => createLocker(redisDriver(seeing)));
  const id = randomUUID();
  const ofRequests = (...names: readonly string[]) =>
    Promise.all(
      names.map((name) => storage.run(name, () => locker.withLock(`context:${id}:${name}`, () => storage.getStore()))),
    );
  await ofRequests("first"); // loads the scripts
  contexts.length = 0;
  expect(await ofRequests("one", "two", "three")).toEqual(["one", "two", "three"]);
  expect(contexts).toEqual([undefined, undefined]);
  contexts.length = 0;
  expect(await ofRequests("alone")).toEqual(["alone"]);
  expect(contexts).toEqual(["alone", "alone"]);
  await locker.close();
});
