import { randomUUID } from "node:crypto";
import { createLocker, type Locker } from "@distlock/core";
import { type RedisConnection, redisDriver } from "@distlock/core/driver";
import { type FaultProxy, startFaultProxy, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, describe, expect, test } from "vitest";
import { type Connect, clients, newestOf } from "../support/clients";
import { machineClock } from "../support/machine-clock";
import { until, untilWaiting } from "../support/until";
import { withQueue } from "../support/with-queue";

const server = await startRedis();
const redis = new Redis(server.url);
const clock = machineClock(() => redis.ping());
const holding = await clients["ioredis 6.0.0"]!(server.url);
const holder = createLocker(holding.driver);

/** More than the longest time between two heartbeats, less than two such times. */
const ONE_HEARTBEAT = 2_000;

afterAll(async () => {
  await holder.close();
  holding.close();
  redis.disconnect();
  await server.stop();
});

const listeners = async () => String(await redis.call("CLIENT", "LIST", "TYPE", "pubsub")).match(/^id=/gm)?.length ?? 0;

interface Line {
  readonly locker: Locker;
  /** In front of the connection that listens, and of no other. */
  readonly proxy: FaultProxy;
  /** One for each time that it began to listen: whether it sent a heartbeat then and there. */
  readonly checks: readonly boolean[];
  /** From now on heartbeats are not answered, so that only messages count. */
  deafen(): void;
  stop(): Promise<void>;
}

async function open(connect: Connect): Promise<Line> {
  const proxy = await startFaultProxy(server);
  const commands = await connect(server.url);
  const messages = await connect(proxy.url, { lazy: true });
  const checks: boolean[] = [];
  let heartbeats = 0;
  const connection: RedisConnection = {
    ...commands.connection,
    async subscribe(...listening) {
      const close = await messages.connection.subscribe!(...listening);
      const before = heartbeats;
      setImmediate(() => checks.push(heartbeats > before));
      return close;
    },
  };
  const driver = redisDriver(connection);
  let deaf = false;
  const counting = withQueue(driver, {
    heartbeat(request) {
      heartbeats++;
      return deaf ? new Promise(() => {}) : driver.queue!.heartbeat(request);
    },
  });
  const locker = createLocker(counting, { timeout: 25_000 });
  return {
    locker,
    proxy,
    checks,
    deafen: () => {
      deaf = true;
    },
    async stop() {
      await locker.close();
      commands.close();
      await proxy.stop();
    },
  };
}

/** A held key, and one waiter whose inbox is open. */
async function waiting(line: Line) {
  const key = `lost:${randomUUID()}`;
  await until(async () => (await listeners()) === 0);
  const held = await holder.acquire(key);
  const granted = line.locker.acquire(key);
  granted.catch(() => {});
  await untilWaiting(holder, key, 1);
  await until(async () => line.checks.length > 0);
  return { key, held, granted };
}

describe.each(Object.entries(newestOf(clients)))("%s", (_, connect) => {
  test("a message that is dropped on its way costs no more than a heartbeat", async () => {
    const line = await open(connect);
    const { held, granted } = await waiting(line);
    line.proxy.set("drop");
    await held.release();
    const released = clock();
    const lock = await granted;
    expect(line.proxy.kept).toBeGreaterThan(0);
    expect(clock() - released).toBeLessThan(ONE_HEARTBEAT);
    await lock.release();
    await line.stop();
  });

  test("a message that was sent while nobody listened costs no more than a heartbeat", async () => {
    const line = await open(connect);
    const { key, held, granted } = await waiting(line);
    line.proxy.set("cut");
    await until(async () => (await listeners()) === 0);
    await held.release();
    const released = clock();
    expect(await holder.inspect(key)).toMatchObject({ held: true, waiting: 0 });
    const lock = await granted;
    expect(clock() - released).toBeLessThan(ONE_HEARTBEAT);
    await lock.release();
    await line.stop();
  });

  test("an inbox that was killed listens again, and checks its waiters at once", async () => {
    const line = await open(connect);
    const { held, granted } = await waiting(line);
    await redis.call("CLIENT", "KILL", "TYPE", "pubsub");
    await until(async () => line.checks.length > 1);
    expect(line.checks).toEqual([true, true]);
    line.deafen();
    await held.release();
    const lock = await granted; // by message: nothing else arrives
    await lock.release();
    await line.stop();
  });

  test("a server that is paused for a while loses nobody", async () => {
    const line = await open(connect);
    const { held, granted } = await waiting(line);
    await redis.call("CLIENT", "PAUSE", "400");
    await held.release();
    const lock = await granted;
    expect(lock.remaining()).toBeGreaterThan(0);
    await lock.release();
    await line.stop();
  });
});
