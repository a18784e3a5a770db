import { once } from "node:events";
import { createLocker, type Locker } from "@distlock/core";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, describe, expect, test } from "vitest";
import { createLockers } from "../support/lockers";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { refuseUnhandledRejections } from "../support/unhandled";

const server = await startRedis();
const redis = new Redis(server.url);
const { open, end } = createLockers();

refuseUnhandledRejections();
afterAll(async () => {
  await end();
  redis.disconnect();
  await server.stop();
});

const TTL = 1_500;

interface Theft {
  take(key: string, other: Locker): Promise<unknown>;
  /** Rejects unless the key is as the theft left it. */
  untouched(key: string, other: Locker): Promise<void>;
}

const foreign = (args: string[], left: (ms: number) => boolean): Theft => ({
  take: (key) => redis.set(key, "a stranger", ...(args as [])),
  async untouched(key) {
    expect(await redis.get(key)).toBe("a stranger");
    expect(await redis.pttl(key)).toSatisfy(left);
  },
});

function taken(free: (key: string, other: Locker) => Promise<unknown>): Theft {
  const tokens = new Map<string, string>();
  return {
    async take(key, other) {
      await free(key, other);
      const next = await other.acquire(key, { ttl: 20_000 });
      tokens.set(key, next.token);
    },
    async untouched(key) {
      expect(await redis.get(key)).toBe(tokens.get(key));
      const left = await redis.pttl(key);
      expect(left).toBeGreaterThan(10_000);
      expect(left).toBeLessThanOrEqual(20_000);
    },
  };
}

const thefts: Readonly<Record<string, Theft>> = {
  "overwritten by a stranger": foreign(["PX", "60000"], (ms) => ms > 50_000 && ms <= 60_000),
  "overwritten by a value that is not a lock": foreign([], (ms) => ms === -1),
  deleted: {
    take: (key) => redis.del(key),
    async untouched(key) {
      expect(await redis.exists(key)).toBe(0);
    },
  },
  "deleted, and acquired by another": taken((key) => redis.del(key)),
  "force-released": {
    take: (key, other) => other.forceRelease(key),
    async untouched(key) {
      expect(await redis.exists(key)).toBe(0);
    },
  },
  "force-released, and acquired by another": taken((key, other) => other.forceRelease(key)),
};

describe.concurrent.each(oldestAndNewest)("%s", (name) => {
  test.concurrent.each(Object.entries(thefts))(
    "%s: lost within an extension interval, and not touched again",
    async (title, { take, untouched }) => {
      const { client } = await open(name, server.url);
      const { locker: other } = await open(name, server.url);
      const locker = createLocker(client.driver);
      const key = `stolen:${title}:${name}`;
      const lock = await locker.acquire(key, { ttl: TTL, autoExtend: true });
      const lost = once(lock.signal, "abort");
      await take(key, other);
      await lost; // by an extension, since the reason is not that the lease is over
      expect(lock.isHeld).toBe(false);
      expect(lock.signal.reason).toMatchObject({ code: "LOCK_LOST", key });
      expect(lock.signal.reason.message).toMatch(/another client|forced out/);
      await expect(lock.extend()).rejects.toBe(lock.signal.reason);
      await expect(lock.release()).rejects.toBe(lock.signal.reason);
      await client.get("after what the loss sent");
      await untouched(key, other);
    },
  );

  test.concurrent.each(Object.entries(thefts))(
    "%s: a holder that has not noticed yet learns of it from release and extend, and touches nothing",
    async (title, { take, untouched }) => {
      const { locker } = await open(name, server.url);
      const { locker: other } = await open(name, server.url);
      for (const verb of ["release", "extend"] as const) {
        const key = `noticed by ${verb}:${title}:${name}`;
        const lock = await locker.acquire(key);
        await take(key, other);
        expect(lock.isHeld).toBe(true);
        await expect(lock[verb]()).rejects.toMatchObject({ code: "LOCK_LOST", key });
        expect(lock.isHeld).toBe(false);
        expect(lock.signal.aborted).toBe(true);
        await untouched(key, other);
      }
    },
  );
});
