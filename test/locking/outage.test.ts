import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { nodeRedisDriver } from "@distlock/node-redis";
import { startRedis } from "@distlock/testing";
import { Redis as Redis6 } from "ioredis-6";
import * as redis4 from "redis-4";
import * as redis6 from "redis-6";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { allSlots } from "../support/all-slots";
import type { TestClient } from "../support/client";
import { clients, newestOf } from "../support/clients";

const server = await startRedis();
const rejections: unknown[] = [];
process.on("unhandledRejection", (reason) => rejections.push(reason));

afterEach(() => {
  expect(rejections.splice(0)).toEqual([]);
});
afterAll(() => server.stop());

describe("a client of many connections that is not open rejects with a clear error", () => {
  const rootNodes = [{ url: server.url }];
  const sentinelRootNodes = [{ host: server.host, port: server.port }];
  test.each([
    ["the Cluster of redis 4", () => redis4.createCluster({ rootNodes })],
    ["the Cluster of redis 6", () => redis6.createCluster({ rootNodes })],
    ["the Sentinel of redis 6", () => redis6.createSentinel({ name: "main", sentinelRootNodes })],
    ["the pool of redis 6", () => redis6.createClientPool({ url: server.url })],
  ])("%s", async (_, create) => {
    const locker = createLocker(nodeRedisDriver(create() as unknown as Parameters<typeof nodeRedisDriver>[0]));
    await expect(locker.tryAcquire("k")).rejects.toMatchObject({
      code: "LOCK_BACKEND",
      message: expect.stringContaining(
        "the client is closed, or was never connected: call `await client.connect()` first",
      ),
    });
  });
});

test("many locks are extended through a plain client of a Cluster's node, where one script may not serve them all", async () => {
  const node = await startRedis({ args: ["--cluster-enabled", "yes"] });
  const redis = new Redis6(node.url);
  redis.on("error", () => {});
  await redis.cluster("ADDSLOTS", ...allSlots);
  while (!String(await redis.cluster("INFO")).includes("cluster_state:ok")) await new Promise(setImmediate);
  const locker = createLocker(ioredisDriver(redis), { ttl: 600 });
  const work = async () => new Promise((resolve) => setTimeout(resolve, 1_000));
  await Promise.all(["a", "b", "c"].map((key) => locker.withLock(key, work)));
  redis.disconnect();
  await node.stop();
});

describe.each(Object.entries(newestOf(clients)))("%s", (name, connect) => {
  const open: TestClient[] = [];
  const locker = async () => {
    const client = await connect(server.url);
    open.push(client);
    return { client, locker: createLocker(client.driver) };
  };
  afterEach(async () => {
    await server.signal("SIGCONT");
    for (const client of open.splice(0)) {
      try {
        await client.close();
      } catch {} // closed by the test
    }
  });

  test("a client that was closed rejects with a clear error", async () => {
    const { client, locker: closed } = await locker();
    const lock = await closed.acquire(`closed:${name}`);
    client.close();
    for (const call of [
      () => closed.tryAcquire("k"),
      () => closed.acquire("k", { timeout: 300 }),
      () => closed.inspect("k"),
      () => lock.extend(),
      () => lock.release(),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: "LOCK_BACKEND", message: expect.stringMatching(/closed/i) });
    }
    open.pop();
  });

  test("a server that does not answer costs no more than the timeout, and leaves no lock behind", async () => {
    const { locker: here } = await locker();
    const { locker: other } = await locker();
    const key = `frozen:${name}`;
    const held = await here.acquire(`held:${name}`, { ttl: 300 });
    await server.signal("SIGSTOP");
    await expect(here.acquire(key, { timeout: 200 })).rejects.toMatchObject({
      code: "LOCK_BACKEND",
      message: expect.stringMatching(/no answer from Redis within \d+ ms/),
    });
    const reason = new Error("user went away");
    await expect(here.acquire(key, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const waiting = here.acquire(key, { signal: controller.signal });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(held.extend()).rejects.toMatchObject({ code: "LOCK_LOST" });
    expect(held.isHeld).toBe(false);
    await server.signal("SIGCONT");
    const lock = await other.acquire(key, { maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 5 });
    expect(lock.isHeld).toBe(true);
    await lock.release();
  });

  test("a caller who ends the connection when the wait ended leaves no lock behind", async () => {
    const { client, locker: here } = await locker();
    const { locker: other } = await locker();
    const key = `hasty:${name}`;
    await (await here.acquire(key)).release();
    await server.signal("SIGSTOP");
    await here.acquire(key, { timeout: 100 }).catch(() => client.close());
    await server.signal("SIGCONT");
    const lock = await other.acquire(key, { maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 5 });
    await lock.release();
  });

  test("a server that died and came back is used again", async () => {
    const { locker: here } = await locker();
    const key = `died:${name}`;
    const lock = await here.acquire(key, { ttl: 600, autoExtend: true });
    await server.signal("SIGKILL");
    await expect(here.tryAcquire(`${key}:other`, { signal: AbortSignal.timeout(300) })).rejects.toBeDefined();
    await server.restart();
    const again = await here.acquire(key, { maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 20 });
    expect(again.fence).toBeGreaterThan(lock.fence);
    await again.release();
    await expect(lock.release()).rejects.toMatchObject({ code: "LOCK_LOST" });
  });
});
