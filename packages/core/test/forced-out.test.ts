import { describe, expect, test } from "vitest";
import { createLocker, type Driver, inProcessDriver, type LockLostError } from "../src/index";
import { LISTEN_AFTER } from "../src/locker/hold/long-holds";
import { IDLE } from "../src/locker/queue/inbox";
import { useVirtualClock } from "./virtual-clock";

const reason = "migration of 12:00";
const forced = { code: "LOCK_LOST", reason, message: expect.stringContaining("it was forced out") };

/** A driver that counts its listeners. */
function listened() {
  const inner = inProcessDriver();
  const count = { opened: 0, open: 0, extensions: 0 };
  const driver: Driver = {
    ...inner,
    extend(request) {
      count.extensions++;
      return inner.extend(request);
    },
    queue: {
      ...inner.queue!,
      async listen(...args) {
        const close = await inner.queue!.listen(...args);
        count.opened++;
        count.open++;
        return async () => {
          count.open--;
          await close();
        };
      },
    },
  };
  return { driver, count };
}

describe("a holder that is forced out", () => {
  test.each([
    ["with automatic extension", { autoExtend: true }],
    ["whose signal was read", {}],
  ])("%s learns so at once, with the reason, although its locker never waited", async (_, options) => {
    const clock = useVirtualClock();
    const driver = inProcessDriver();
    const lock = await createLocker(driver).acquire("k", { ttl: 60_000, ...options });
    const { signal } = lock;
    await clock.pass(LISTEN_AFTER + 1);
    await createLocker(driver).forceRelease("k", { reason });
    await clock.pass(0);
    expect(signal.reason).toMatchObject(forced);
  });

  test("before its locker listens learns so when it does, with the reason", async () => {
    const clock = useVirtualClock();
    const driver = inProcessDriver();
    const lock = await createLocker(driver).acquire("k", { ttl: 60_000, autoExtend: true });
    const { signal } = lock;
    await createLocker(driver).forceRelease("k", { reason });
    await clock.pass(LISTEN_AFTER - 1);
    expect(signal.aborted).toBe(false);
    await clock.pass(2);
    expect(signal.reason).toMatchObject(forced);
  });

  test("learns the reason from its next call, if nothing else brings it", async () => {
    const driver = inProcessDriver();
    const [one, two] = [createLocker(driver), createLocker(driver)];
    for (const call of ["extend", "release"] as const) {
      const lock = await one.acquire("k", { ttl: 60_000 });
      await two.forceRelease("k", { reason });
      const error = await lock[call]().catch((error: LockLostError) => error);
      expect(error).toMatchObject(forced);
    }
    const unexplained = await one.acquire("k", { ttl: 60_000 });
    await two.forceRelease("k");
    await expect(unexplained.release()).rejects.toMatchObject({ code: "LOCK_LOST", reason: undefined });
  });
});

describe("the listener of a holder", () => {
  test("is not opened for locks that are held for a moment", async () => {
    const clock = useVirtualClock();
    const { driver, count } = listened();
    const locker = createLocker(driver);
    for (let i = 0; i < 20; i++) await locker.withLock("k", () => clock.pass(LISTEN_AFTER / 4));
    await clock.pass(LISTEN_AFTER * 2);
    expect(count).toMatchObject({ opened: 0, extensions: 0 });
  });

  test("is one for all locks, checks each once, and makes no lease longer", async () => {
    const clock = useVirtualClock();
    const { driver, count } = listened();
    const locker = createLocker(driver);
    const locks = await Promise.all(["a", "b", "c"].map((key) => locker.acquire(key, { ttl: 60_000 })));
    for (const { signal } of locks) expect(signal.aborted).toBe(false);
    await clock.pass(LISTEN_AFTER + 1);
    expect(count).toMatchObject({ opened: 1, extensions: 3 });
    const { remaining } = await locker.inspect("a");
    expect(remaining).toBeLessThanOrEqual(60_000 - LISTEN_AFTER);
  });

  test("is closed some time after the last of them, and opened again for the next", async () => {
    const clock = useVirtualClock();
    const { driver, count } = listened();
    const locker = createLocker(driver);
    for (const opened of [1, 2]) {
      await locker.withLock("k", () => clock.pass(LISTEN_AFTER + 1));
      await clock.pass(IDLE - 1);
      expect(count).toMatchObject({ opened, open: 1 });
      await clock.pass(2);
      expect(count).toMatchObject({ opened, open: 0 });
    }
  });

  test("stays open for a waiter when the last lock is released, and for a lock when the last waiter leaves", async () => {
    const clock = useVirtualClock();
    const { driver, count } = listened();
    const locker = createLocker(driver);
    const lock = await locker.acquire("k", { ttl: 120_000, autoExtend: true });
    const waiting = locker.acquire("k", { ttl: 120_000, timeout: 60_000, autoExtend: true });
    await clock.pass(IDLE * 2);
    await lock.release();
    const next = await waiting;
    await clock.pass(IDLE * 2);
    expect(count).toMatchObject({ opened: 1, open: 1 });
    await next.release();
    await clock.pass(IDLE + 1);
    expect(count.open).toBe(0);
  });
});
