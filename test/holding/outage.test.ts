import { once } from "node:events";
import { createLocker, type Lock } from "@distlock/core";
import { startFaultProxy, startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test } from "vitest";
import { clients } from "../support/clients";
import { machineClock } from "../support/machine-clock";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { refuseUnhandledRejections } from "../support/unhandled";
import { until } from "../support/until";

/** What a timer may come late, on a clock that waits for a busy machine. */
const PROMPT = 100;
/** A lease that is not over on a busy machine before the test has looked at it, in ms. */
const TTL = 3_000;
const clock = machineClock();

refuseUnhandledRejections();

const server = await startRedis();
afterAll(() => server.stop());

/** A millisecond, in which other tests run: a loop without a pause would take the whole processor. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

/** The report of the loss, and its time; nobody looks at the lock. */
async function lossOf(lock: Lock): Promise<{ reason: Error & { code: string }; at: number; byClock: number }> {
  const { signal } = lock;
  if (!signal.aborted) await once(signal, "abort");
  return { reason: signal.reason, at: performance.now(), byClock: clock() };
}

/** By the last extension that was answered: the lock can't be asked in no time. */
async function deadlineOf(lock: Lock): Promise<{ earliest: number; byClock: number }> {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  const before = performance.now();
  const left = lock.remaining();
  return { earliest: before + left, byClock: clock() + left };
}

describe.each(oldestAndNewest)("%s", (name) => {
  describe.concurrent.each(["is killed", "hangs"])("Redis %s while a lock is held", (how) => {
    test.concurrent.each([true, false])("autoExtend %s: lost at the local deadline, not before", async (autoExtend) => {
      const mortal = await startRedis();
      const client = await clients[name]!(mortal.url);
      const locker = createLocker(client.driver);
      const [lock, other] = [
        await locker.acquire("held", { ttl: TTL, autoExtend }),
        await locker.acquire("looked at", { ttl: TTL, autoExtend }),
      ];
      const loss = lossOf(lock);
      if (autoExtend) {
        const first = lock.remaining();
        while (lock.remaining() <= first && lock.isHeld) await turn();
      }
      await mortal.signal(how === "hangs" ? "SIGSTOP" : "SIGKILL");
      const [deadline, seen] = [await deadlineOf(lock), await deadlineOf(other)];
      // As seen by who looks all the time: held until the deadline, and not after it.
      while (other.isHeld) {
        expect(clock()).toBeLessThan(seen.byClock + PROMPT);
        await turn();
      }
      expect(performance.now()).toBeGreaterThan(seen.earliest - 2);
      expect(other.remaining()).toBe(0);

      const { reason, at, byClock } = await loss;
      expect(at).toBeGreaterThan(deadline.earliest - 2);
      expect(byClock).toBeLessThan(deadline.byClock + PROMPT);
      expect(lock.isHeld).toBe(false);
      expect(reason).toMatchObject({ name: "LockLostError", code: "LOCK_LOST", key: "held" });
      expect(reason.message).toContain("lease");
      await expect(lock.extend()).rejects.toBe(reason);
      await expect(lock.release()).rejects.toBe(reason);

      if (how === "hangs") await mortal.signal("SIGCONT");
      else await mortal.restart();
      const again = await locker.acquire("held", { timeout: 20_000 });
      expect(again.fence).toBeGreaterThan(lock.fence);
      expect(lock.isHeld).toBe(false);
      await again.release();
      client.close();
      await mortal.stop();
    });
  });

  test.concurrent.each(["SIGKILL", "SIGSTOP"] as const)("a loss after %s names its cause", async (how) => {
    const mortal = await startRedis();
    const client = await clients[name]!(mortal.url);
    const lock = await createLocker(client.driver).acquire("held", { ttl: 600, autoExtend: true });
    await mortal.signal(how);
    const { reason } = await lossOf(lock);
    expect(reason.cause).toBeInstanceOf(Error);
    expect((reason.cause as Error).message).toMatch(/no answer|closed|ended|ECONN/i);
    client.close();
    await mortal.stop();
  });

  test.concurrent.each(["cut", "hold", "SIGSTOP"] as const)(
    "one extension that fails (%s) and heals before the deadline is not a loss",
    async (how) => {
      const frozen = how === "SIGSTOP" ? await startRedis() : undefined;
      const proxy = await startFaultProxy(frozen ?? server);
      const client = await clients[name]!(proxy.url);
      const locker = createLocker(client.driver);
      const key = `transient:${how}:${name}`;
      const ttl = 2 * TTL;
      const lock = await locker.acquire(key, { ttl, autoExtend: true });
      const { signal } = lock;
      const leaseAt = async (part: number) => {
        while (lock.remaining() > part * ttl) await new Promise((resolve) => setTimeout(resolve, 5));
      };
      await leaseAt(0.7); // an extension comes at two thirds
      if (how === "SIGSTOP") await frozen!.signal(how);
      else proxy.set("hold", { way: "both" });
      if (how === "cut") {
        await until(async () => proxy.kept > 0); // it is under way, and fails
        proxy.set("cut");
      }
      await leaseAt(0.6);
      if (how === "SIGSTOP") await frozen!.signal("SIGCONT");
      else proxy.set("pass");
      const before = lock.remaining();
      while (lock.remaining() <= before && !signal.aborted) await turn();
      expect(signal.aborted).toBe(false);
      expect(lock.isHeld).toBe(true);
      expect(await locker.inspect(key)).toMatchObject({ held: true, fence: lock.fence });
      await lock.release();
      client.close();
      await proxy.stop();
      await frozen?.stop();
    },
  );
});
