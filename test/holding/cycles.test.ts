import { getEventListeners } from "node:events";
import { createLocker } from "@distlock/core";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, expect, test } from "vitest";
import { clients } from "../support/clients";
import { countHere, countThere, heapUsed } from "../support/counted";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { refuseUnhandledRejections } from "../support/unhandled";
import { until } from "../support/until";

/** Per client. More: `HOLDING_CYCLES=1000000 pnpm test test/holding/cycles.test.ts`. */
const CYCLES = Number(process.env.HOLDING_CYCLES ?? 15_000);
const LANES = 32;
const KEYS = 8;
const MB = 2 ** 20;
const FEW = 5;
/** A cycle that kept one small object would cost more. */
const BYTES_PER_CYCLE = 30;

const server = await startRedis();
const redis = new Redis(server.url);

refuseUnhandledRejections();
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

test.each(oldestAndNewest)(
  `${CYCLES} cycles leave nothing: %s`,
  async (name) => {
    const client = await clients[name]!(server.url, { countable: true });
    const locker = createLocker(client.driver, { timeout: 25_000 });
    const { signal } = new AbortController();

    /** Each in its turn: work, a lock with a signal, a lock that may be held, a wait that is cancelled, a lock that is lost. */
    async function cycle(n: number): Promise<void> {
      const key = `cycle:${n % KEYS}`;
      switch (n % 10) {
        case 0: {
          const lock = await locker.tryAcquire(key, { signal });
          await lock?.release();
          break;
        }
        case 1: {
          const controller = new AbortController();
          const waiting = locker.acquire(key, { signal: controller.signal }).then(
            (lock) => lock.release(),
            () => {},
          );
          await new Promise(setImmediate);
          controller.abort();
          await waiting;
          break;
        }
        case 2: {
          const lock = await locker.acquire(`${key}:lost`, { ttl: 20_000, autoExtend: true });
          lock.signal.addEventListener("abort", () => {});
          await locker.forceRelease(lock.key);
          await lock.release().catch(() => {});
          break;
        }
        case 3: {
          const lock = await locker.acquire(key, { signal });
          lock.signal.addEventListener("abort", () => {});
          await lock.extend();
          await lock.release();
          break;
        }
        default:
          await locker.withLock(key, (lock) => lock.fence);
      }
    }

    async function run(cycles: number): Promise<void> {
      let next = 0;
      const lane = async () => {
        while (next < cycles) await cycle(next++);
      };
      await Promise.all(Array.from({ length: LANES }, lane));
    }

    await run(1_000); // fills caches, opens the inbox, learns the scripts
    const before = { ...(await countHere(client)), ...(await countThere(redis)) };
    const heapBefore = await heapUsed();
    await run(CYCLES);
    await until(async () => (await countThere(redis)).keys <= before.keys);
    const after = { ...(await countHere(client)), ...(await countThere(redis)) };
    expect(after.timers).toBeLessThan(before.timers + FEW);
    expect(after.listeners).toBe(before.listeners);
    expect(after.connections).toBe(before.connections);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect((await redis.keys("*~fence")).length).toBeLessThanOrEqual(2 * KEYS);
    expect((await heapUsed()) - heapBefore).toBeLessThan(MB + CYCLES * BYTES_PER_CYCLE);
    await locker.close();
    await until(async () => (await countThere(redis)).connections < before.connections);
    client.close();
  },
  CYCLES * 10 + 30_000,
);
