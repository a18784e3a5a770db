import { randomUUID } from "node:crypto";
import { channel } from "node:diagnostics_channel";
import { createLocker, type Locker } from "@distlock/core";
import { type DriverQueue, type RedisConnection, redisDriver } from "@distlock/core/driver";
import { startFaultProxy, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { clients } from "../support/clients";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { refuseUnhandledRejections } from "../support/unhandled";
import { until, untilWaiting } from "../support/until";
import { withQueue } from "../support/with-queue";

const closers: (() => unknown)[] = [];
const warnings: Error[] = [];
const note = (warning: unknown) => void warnings.push(warning as Error);
channel("distlock:warning").subscribe(note);

refuseUnhandledRejections();
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  warnings.length = 0;
});
afterAll(() => void channel("distlock:warning").unsubscribe(note));

async function startServer() {
  const server = await startRedis();
  const redis = new Redis(server.url);
  const holding = await clients["ioredis 6.0.0"]!(server.url);
  const holder = createLocker(holding.driver);
  closers.push(async () => {
    await holder.close();
    holding.close();
    redis.disconnect();
    await server.stop();
  });
  return { server, redis, holder };
}

/** A lock that is handed over from the one to the other. */
async function handOver(holder: Locker, waiter: Locker): Promise<void> {
  const key = `deaf:${randomUUID()}`;
  const held = await holder.acquire(key);
  const waiting = waiter.acquire(key, { timeout: 20_000 });
  waiting.catch(() => {});
  await untilWaiting(holder, key, 1);
  await held.release();
  await (await waiting).release();
}

describe.each(oldestAndNewest)("%s", (name) => {
  test("a listener whose connection was forgotten on the way is replaced, with a warning", async () => {
    const { server, holder } = await startServer();
    const proxy = await startFaultProxy(server);
    const near = await clients[name]!(server.url);
    const far = await clients[name]!(proxy.url);
    closers.unshift(() => Promise.all([near.close(), far.close(), proxy.stop()]));
    let listeners = 0;
    const connection: RedisConnection = {
      ...near.connection,
      async subscribe(...listening) {
        const close = await (listeners === 0 ? far : near).connection.subscribe!(...listening);
        listeners++;
        return close;
      },
    };
    const driver = redisDriver(connection);
    let isMute = false;
    const heartbeat: DriverQueue["heartbeat"] = (request) =>
      isMute ? new Promise(() => {}) : driver.queue!.heartbeat(request);
    const waiter = createLocker(withQueue(driver, { heartbeat }));
    closers.unshift(() => waiter.close());

    const first = await holder.acquire("first");
    const waiting = waiter.acquire("first");
    await until(async () => listeners === 1);
    proxy.set("hold", { way: "both" });
    await first.release();
    await (await waiting).release();
    for (let round = 0; listeners === 1; round++) {
      expect(round).toBeLessThan(6);
      await handOver(holder, waiter);
    }
    expect(warnings).toMatchObject([{ message: expect.stringMatching(/^messages of grants do not arrive/) }]);
    isMute = true; // only messages count now
    await handOver(holder, waiter);
    expect(warnings).toHaveLength(1);
  });

  test("a server that takes no more clients grants by heartbeat, with a warning, and by message when it takes them", async () => {
    const { server, redis, holder } = await startServer();
    const client = await clients[name]!(server.url);
    let isMute = false;
    const heartbeat: DriverQueue["heartbeat"] = (request) =>
      isMute ? new Promise(() => {}) : client.driver.queue!.heartbeat(request);
    const waiter = createLocker(withQueue(client.driver, { heartbeat }));
    closers.unshift(async () => {
      await waiter.close();
      client.close();
    });
    await client.get("connected");
    await holder.inspect("connected");
    const connected = /connected_clients:(\d+)/.exec(await redis.info("clients"))?.[1];
    await redis.config("SET", "maxclients", connected!);
    for (let round = 0; round < 4; round++) await handOver(holder, waiter);
    expect(warnings).toMatchObject([
      { message: expect.stringMatching(/^no connection can be opened to listen.*maxclients/) },
    ]);
    await redis.config("SET", "maxclients", "1000");
    const lock = await holder.acquire("listens");
    const waiting = waiter.acquire("listens", { timeout: 25_000 });
    await until(async () => ((await redis.pubsub("CHANNELS", "distlock:*")) as unknown[]).length === 1);
    isMute = true;
    await lock.release();
    await (await waiting).release();
    expect(warnings).toHaveLength(1);
  });
});
