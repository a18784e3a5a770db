import { randomUUID } from "node:crypto";
import { stallEventLoop, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { createLockers } from "../support/lockers";
import { machineClock } from "../support/machine-clock";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { refuseUnhandledRejections } from "../support/unhandled";
import { until } from "../support/until";
import { watch } from "../support/watch";

const server = await startRedis();
const redis = new Redis(server.url);
const watched = await watch(server.url);
const clock = machineClock();
const { open, end } = createLockers();

refuseUnhandledRejections();
afterEach(async () => {
  await server.signal("SIGCONT");
  await end();
});
afterAll(async () => {
  watched.stop();
  redis.disconnect();
  await server.stop();
});

const lost = { code: "LOCK_LOST", message: expect.stringContaining("lock not held by this instance") };

describe.each(oldestAndNewest)("%s", (name) => {
  test("release of a lock whose lease is over here needs no answer", async () => {
    const { locker } = await open(name, server.url);
    const lock = await locker.acquire(`over:${randomUUID()}`, { ttl: 60 });
    await server.signal("SIGSTOP");
    stallEventLoop(70);
    const began = clock();
    await expect(lock.release()).rejects.toMatchObject(lost);
    await expect(lock.release()).rejects.toMatchObject(lost);
    await expect(lock.extend()).rejects.toMatchObject(lost);
    expect(clock() - began).toBeLessThan(1_000);
  });

  test("release of a lock that is over there asks once", async () => {
    const { locker } = await open(name, server.url);
    const key = `over:${randomUUID()}`;
    const lock = await locker.acquire(key);
    await redis.pexpire(key, 1);
    await until(async () => (await redis.exists(key)) === 0);
    await watched.seen();
    await expect(lock.release()).rejects.toMatchObject(lost);
    const { sent } = await watched.seen();
    expect(sent.filter(({ tokens }) => tokens.includes(lock.token)).map(({ kind }) => kind)).toEqual(["release"]);
  });

  test("release of a lock that was released does nothing, even twice at once", async () => {
    const { locker } = await open(name, server.url);
    const lock = await locker.acquire(`twice:${randomUUID()}`);
    await watched.seen();
    await Promise.all([lock.release(), lock.release()]);
    await lock.release();
    await lock[Symbol.asyncDispose]();
    const { sent } = await watched.seen();
    expect(sent.map(({ kind }) => kind)).toEqual(["release"]);
    expect(lock.signal.aborted).toBe(false);
  });
});
