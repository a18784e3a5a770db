import { randomUUID } from "node:crypto";
import { createLocker, type Lock } from "@distlock/core";
import { type RedisConnection, redisDriver } from "@distlock/core/driver";
import { ioredisConnection } from "@distlock/ioredis";
import { startFaultProxy, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, expect, test } from "vitest";
import { clients } from "../support/clients";
import { until, untilWaiting } from "../support/until";
import { startWaiting } from "../support/waiting-worker";

const server = await startRedis();
const redis = new Redis(server.url);
const client = await clients["redis 6.3.1"]!(server.url);
const here = createLocker(client.driver, { timeout: 25_000 });
const other = createLocker(client.driver, { timeout: 25_000 });

afterAll(async () => {
  await here.close();
  await other.close();
  client.close();
  redis.disconnect();
  await server.stop();
});

test.concurrent.each(["ioredis 6.0.0", "redis 6.3.1"])(
  "a process that stalls for longer than the claim goes on waiting: %s",
  async (name) => {
    const key = `stall:${randomUUID()}`;
    const worker = await startWaiting(name, server.url);
    const lock = await here.acquire(key);
    worker.acquire(1, key, { hold: true });
    await untilWaiting(here, key, 1);
    const next = other.acquire(key);
    await untilWaiting(here, key, 2);
    await worker.stall(4_500);
    await lock.release(); // hands over to the worker, whose claim nobody keeps
    const held = await next;
    expect(await worker.next()).toEqual({ awake: true });
    await untilWaiting(here, key, 1); // it asked again, and waits
    await held.release();
    const [granted] = await worker.granted(1);
    expect(granted!.fence).toBeGreaterThan(held.fence);
    expect(granted!.remaining).toBeGreaterThan(0);
    await worker.release(1);
    await worker.end();
  },
);

test.concurrent("a push that is older than the last reply is void, and a late one starts nothing", async () => {
  const key = `void:${randomUUID()}`;
  const commandLink = await startFaultProxy(server);
  const pushLink = await startFaultProxy(server);
  const commands = new Redis(commandLink.url);
  const pushes = new Redis(pushLink.url, { lazyConnect: true });
  commands.on("error", () => {});
  let arrived = () => {};
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const connection: RedisConnection = {
    ...ioredisConnection(commands),
    subscribe: (channel, onMessage, onReset, signal) =>
      ioredisConnection(pushes).subscribe!(
        channel,
        (message) => {
          onMessage(message);
          arrived();
        },
        onReset,
        signal,
      ),
  };
  const slow = createLocker(redisDriver(connection), { timeout: 25_000 });

  const lock = await here.acquire(key);
  let late: Lock | undefined;
  const waiting = slow.acquire(key).then((granted) => {
    late = granted;
    return granted;
  });
  await untilWaiting(here, key, 1);
  await until(async () => ((await redis.pubsub("CHANNELS", "distlock:*")) as string[]).length > 0);
  const next = other.acquire(key);
  await untilWaiting(here, key, 2);
  pushLink.set("hold");
  commandLink.set("hold");
  await lock.release(); // to the slow one, which receives nothing
  await until(async () => pushLink.kept > 0);
  commandLink.set("cut"); // else its heartbeats kept the claim
  const held = await next;
  commandLink.set("pass");
  await untilWaiting(here, key, 1); // it asked again, and waits
  await commands.ping(); // and knows it
  pushLink.set("pass"); // now the push arrives
  await arrival;
  await new Promise(setImmediate);
  expect(late).toBeUndefined();
  await held.release();
  const granted = await waiting;
  expect(granted.fence).toBeGreaterThan(held.fence);
  expect(granted.remaining()).toBeGreaterThan(0);
  await granted.release();
  await slow.close();
  commands.disconnect();
  pushes.disconnect();
  await commandLink.stop();
  await pushLink.stop();
});
