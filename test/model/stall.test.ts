import { once } from "node:events";
import { type RedisServer, stallEventLoop, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { TestClient } from "../support/client";
import { connects } from "./connect";
import { createLocker, type Driver, redisDriver } from "./core";
import { until } from "./scenario";
import { CLAIM } from "./times";

vi.mock("../../packages/core/src/driver/times", () => import("./times"));

const TTL = 10_000;

let server: RedisServer;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** After a stall: timers run, then the data that has arrived is read. */
async function turns(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
}

describe.each(connects.map((connect, i) => [i, connect] as const))("client %i", (i, connect) => {
  let client: TestClient;
  let driver: Driver;
  let key: string;
  /** Called when an extension has been written. */
  let onExtend: () => void;

  beforeAll(async () => {
    client = await connect(server.url, { name: `stall-${i}` });
    driver = redisDriver(client.connection);
  });
  afterAll(() => client.close());
  beforeEach(({ task }) => {
    key = `${task.name}:${i}`;
    onExtend = () => {};
  });

  function open() {
    return createLocker({
      ...driver,
      async extend(request) {
        const answer = driver.extend(request);
        for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
        if (request.ttl >= 1_000) onExtend(); // a listener that opens checks each lock by a shorter extension
        return answer;
      },
    });
  }

  /** A lock that is handed over from another locker. */
  async function handedOver() {
    const [holder, locker] = [createLocker(driver), open()];
    const held = await holder.acquire(key);
    const waiting = locker.acquire(key, { ttl: TTL, timeout: Number.POSITIVE_INFINITY });
    await until("waits", async () => (await driver.inspect(key)).waiting === 1);
    await until("listens", async () => (await redis.pubsub("CHANNELS", "distlock:*")).length > 0);
    await held.release();
    const lock = await waiting;
    return { lock, close: () => Promise.all([holder.close(), locker.close()]) };
  }

  test("work that keeps the event loop busy from the grant on has the whole ttl of a lock that was handed over", async () => {
    const { lock, close } = await handedOver();
    stallEventLoop(1.5 * CLAIM);
    await turns();
    expect(lock.remaining()).toBeGreaterThan(TTL / 2);
    await lock.release();
    await close();
  });

  test("a release after such work is a release, and not a loss", async () => {
    const { lock, close } = await handedOver();
    stallEventLoop(1.5 * CLAIM);
    await lock.release();
    expect(await redis.exists(key)).toBe(0);
    await close();
  });

  test("an extension whose answer arrived during a stall counts, unless a look has reported the loss before", async () => {
    for (const looks of [false, true]) {
      const locker = open();
      const lock = await locker.acquire(key, { ttl: 1_000, autoExtend: true });
      const stalled = new Promise<void>((resolve) => {
        onExtend = () => {
          onExtend = () => {};
          stallEventLoop(800); // longer than the lease, not longer than the extended one
          if (looks) expect(lock.isHeld).toBe(false);
          resolve();
        };
      });
      await stalled;
      await turns();
      expect(lock.isHeld).toBe(!looks);
      if (looks) await until("freed", async () => (await redis.exists(key)) === 0);
      else await lock.release();
      await locker.close();
    }
  });

  test("a lock whose extension has no answer is lost at its deadline", async () => {
    const locker = createLocker({ ...driver, extend: () => new Promise(() => {}) });
    const lock = await locker.acquire(key, { ttl: 200, autoExtend: true });
    await once(lock.signal, "abort");
    expect(lock.signal.reason).toMatchObject({ code: "LOCK_LOST" });
    expect(await redis.exists(key)).toBeLessThanOrEqual(1);
    await locker.close();
  });

  test("a holder that is forced out learns of it even without extension and signal, and frees a lock that it still has", async () => {
    const { lock, close } = await handedOver();
    await until("extended", async () => lock.remaining() > TTL / 2);
    await redis.publish(`distlock:${lock.token.split(":")[0]}`, `${lock.token} 0 0`);
    // The signal is not looked at before: a lock whose signal is in use is watched.
    await until("lost", async () => !lock.isHeld);
    expect(lock.signal.aborted).toBe(true);
    await until("freed", async () => (await redis.exists(key)) === 0);
    await close();
  });
});
