import { randomUUID } from "node:crypto";
import { channel } from "node:diagnostics_channel";
import { createLocker, LockError, type Locker } from "@distlock/core";
import { type DriverQueue, type RedisConnection, redisDriver } from "@distlock/core/driver";
import { startFaultProxy, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, describe, type TestContext, test } from "vitest";
import { clients } from "../support/clients";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { refuseUnhandledRejections } from "../support/unhandled";
import { until, untilWaiting } from "../support/until";
import { withQueue } from "../support/with-queue";

const warnings: LockError[] = [];
const note = (warning: unknown) => void (LockError.is(warning) && warnings.push(warning));
channel("distlock:warning").subscribe(note);

refuseUnhandledRejections();
afterAll(() => void channel("distlock:warning").unsubscribe(note));

/** What was warned of keys with this in their names. */
const warningsOf = (id: string): LockError[] => warnings.filter(({ key }) => key.includes(id));

/** Run in the reverse order of the calls. */
type OnTestFinished = TestContext["onTestFinished"];

async function startServer(onTestFinished: OnTestFinished) {
  const server = await startRedis();
  const redis = new Redis(server.url);
  const holding = await clients["ioredis 6.0.0"]!(server.url);
  const holder = createLocker(holding.driver);
  onTestFinished(async () => {
    await holder.close();
    holding.close();
    redis.disconnect();
    await server.stop();
  });
  return { server, redis, holder, id: randomUUID() };
}

/** A lock that is handed over from the one to the other. */
async function handOver(id: string, holder: Locker, waiter: Locker): Promise<void> {
  const key = `deaf:${id}:${randomUUID()}`;
  const held = await holder.acquire(key);
  const waiting = waiter.acquire(key, { timeout: 20_000 });
  waiting.catch(() => {});
  await untilWaiting(holder, key, 1);
  await held.release();
  await (await waiting).release();
}

describe.concurrent.each(oldestAndNewest)("%s", (name) => {
  test("a listener whose connection was forgotten on the way is replaced, with a warning", async ({
    expect,
    onTestFinished,
  }) => {
    const { server, holder, id } = await startServer(onTestFinished);
    const proxy = await startFaultProxy(server);
    const near = await clients[name]!(server.url);
    const far = await clients[name]!(proxy.url);
    onTestFinished(async () => {
      await Promise.all([near.close(), far.close(), proxy.stop()]);
    });
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
    onTestFinished(() => waiter.close());

    const first = await holder.acquire(`first:${id}`);
    const waiting = waiter.acquire(`first:${id}`);
    await until(async () => listeners === 1);
    proxy.set("hold", { way: "both" });
    await first.release();
    await (await waiting).release();
    for (let round = 0; listeners === 1; round++) {
      expect(round).toBeLessThan(6);
      await handOver(id, holder, waiter);
    }
    expect(warningsOf(id)).toMatchObject([{ message: expect.stringMatching(/^messages of grants do not arrive/) }]);
    isMute = true; // only messages count now
    await handOver(id, holder, waiter);
    expect(warningsOf(id)).toHaveLength(1);
  });

  test("a server that takes no more clients grants by heartbeat, with a warning, and by message when it takes them", async ({
    expect,
    onTestFinished,
  }) => {
    const { server, redis, holder, id } = await startServer(onTestFinished);
    const client = await clients[name]!(server.url);
    let isMute = false;
    const heartbeat: DriverQueue["heartbeat"] = (request) =>
      isMute ? new Promise(() => {}) : client.driver.queue!.heartbeat(request);
    const waiter = createLocker(withQueue(client.driver, { heartbeat }));
    onTestFinished(async () => {
      await waiter.close();
      client.close();
    });
    await client.get("connected");
    await holder.inspect("connected");
    const connected = /connected_clients:(\d+)/.exec(await redis.info("clients"))?.[1];
    await redis.config("SET", "maxclients", connected!);
    for (let round = 0; round < 4; round++) await handOver(id, holder, waiter);
    expect(warningsOf(id)).toMatchObject([
      { message: expect.stringMatching(/^no connection can be opened to listen.*maxclients/) },
    ]);
    await redis.config("SET", "maxclients", "1000");
    const lock = await holder.acquire(`listens:${id}`);
    const waiting = waiter.acquire(`listens:${id}`, { timeout: 25_000 });
    const own = `distlock:${lock.token.split(":")[0]}`; // the holder may listen, too
    await until(async () =>
      ((await redis.pubsub("CHANNELS", "distlock:*")) as string[]).some((channel) => channel !== own),
    );
    isMute = true;
    await lock.release();
    await (await waiting).release();
    expect(warningsOf(id)).toHaveLength(1);
  });
});
