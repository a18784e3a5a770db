import { randomUUID } from "node:crypto";
import { createLocker, type Lock, type LockError, type LockOptions } from "@distlock/core";
import { startFaultProxy, startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test } from "vitest";
import { clients } from "../support/clients";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { until } from "../support/until";

const server = await startRedis();
const near = await clients["ioredis 6.0.0"]!(server.url);
const other = createLocker(near.driver);

afterAll(async () => {
  await other.close();
  near.close();
  await server.stop();
});

/** What a lock would cost that nobody knows of. */
const ttl = 60_000;
const ways: Readonly<Record<string, LockOptions>> = {
  queue: {},
  retry: { wait: "retry", maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 50 },
  "one attempt": { timeout: 0 },
};

describe.each(oldestAndNewest)("%s", (name) => {
  async function open() {
    const proxy = await startFaultProxy(server);
    const client = await clients[name]!(proxy.url);
    const locker = createLocker(client.driver, { ttl });
    await (await locker.acquire(`warm:${name}`)).release(); // so that the next answer is not about a script
    const close = async () => {
      await locker.close();
      client.close();
      await proxy.stop();
    };
    return { proxy, locker, key: `lost-reply:${randomUUID()}`, close };
  }

  /** The lock is free within a second. */
  async function isFree(key: string): Promise<void> {
    await (await other.acquire(key, { timeout: 1_000 })).release();
  }

  test.each(Object.keys(ways))(
    "a grant whose answer is lost with the connection is held, or free at once: %s",
    async (way) => {
      const { proxy, locker, key, close } = await open();
      const lost = proxy.loseReply();
      const outcome: Promise<Lock | LockError> = locker.acquire(key, ways[way]).catch((error) => error);
      await lost;
      expect((await other.inspect(key)).held).toBe(true);
      const lock = await outcome;
      if (lock instanceof Error) expect(lock.code).toBe("LOCK_BACKEND");
      else {
        expect(lock.isHeld).toBe(true);
        await lock.release();
      }
      await isFree(key);
      await close();
    },
  );

  test("a grant whose answer gets stuck is free when the network heals", async () => {
    const { proxy, locker, key, close } = await open();
    proxy.set("hold");
    const waiting = locker.acquire(key, { timeout: 200 });
    const failed = expect(waiting).rejects.toMatchObject({ code: "LOCK_BACKEND" });
    await until(async () => (await other.inspect(key)).held);
    await failed;
    proxy.set("pass");
    await isFree(key);
    await close();
  });

  test("an acquire that gets stuck takes nothing when the network heals", async () => {
    const { proxy, locker, key, close } = await open();
    proxy.set("hold", { way: "toServer" });
    await expect(locker.acquire(key, { timeout: 200 })).rejects.toMatchObject({ code: "LOCK_BACKEND" });
    proxy.set("pass");
    await isFree(key);
    await close();
  });
});
