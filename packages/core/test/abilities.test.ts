import { describe, expect, test, vi } from "vitest";
import { createLeases, createLocker, type Driver, inProcessDriver } from "../src/index";

const TTL = 20_000;

/** A driver with the five required methods and no ability. It notes its requests. */
function bare() {
  const { queue: _queue, replicas: _replicas, transfer: _transfer, ...five } = inProcessDriver();
  const acquire = vi.fn(five.acquire);
  const release = vi.fn(five.release);
  const driver: Driver = { ...five, acquire, release };
  return { driver, acquire, release };
}

test("a driver needs five methods", async () => {
  const { driver } = bare();
  expect(Object.keys(driver).sort()).toEqual(["acquire", "extend", "forceRelease", "inspect", "release"]);
  const locker = createLocker(driver);
  expect(await locker.withLock("k", { ttl: TTL }, async ({ fence }) => fence)).toBeGreaterThan(0);
  expect(await locker.withLock(["a", "b"], async ({ fences }) => fences.size)).toBe(2);
  const lock = await locker.acquire("k");
  await lock.extend(2 * TTL);
  expect(await locker.inspect("k")).toMatchObject({ held: true, waiting: 0 });
  expect(await locker.forceRelease("k")).toBe(true);
  await locker.close();
});

describe("a driver without a queue", () => {
  test("is asked again and again, and for no place in a queue", async () => {
    for (const key of ["k", ["k", "l"]]) {
      const { driver, acquire } = bare();
      const locker = createLocker(driver, { maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 5 });
      const first = await locker.acquire(key);
      const waiting = locker.acquire(key);
      while (acquire.mock.calls.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
      await first.release();
      await (await waiting).release();
      expect(new Set(acquire.mock.calls.map(([{ place }]) => place))).toEqual(new Set([undefined]));
      await locker.close();
    }
  });

  test("ends a wait after so many attempts by default, by a signal, and by the end of the locker", async () => {
    const { driver } = bare();
    const locker = createLocker(driver, { retryDelay: 1 });
    const held = await locker.acquire("k", { ttl: TTL });
    await expect(locker.acquire("k")).rejects.toThrow(/after 3 attempts/);
    await expect(locker.acquire("k", { signal: AbortSignal.timeout(5), retryDelay: TTL })).rejects.toThrow(/timeout/);
    const closed = expect(locker.acquire("k", { retryDelay: TTL })).rejects.toMatchObject({ code: "LOCKER_CLOSED" });
    await locker.close();
    await closed;
    await held.release();
    expect((await driver.inspect("k")).held).toBe(false);
  });

  test("refuses to wait in one", async () => {
    const message = 'wait: "queue" needs a driver that can subscribe: use wait: "retry"';
    const { driver, acquire } = bare();
    expect(() => createLocker(driver, { wait: "queue" })).toThrow(new RangeError(message));
    await expect(createLocker(driver).acquire("k", { wait: "queue" })).rejects.toThrow(new RangeError(message));
    expect(acquire).not.toHaveBeenCalled();
  });
});

test("a driver without replicas refuses to wait for them", async () => {
  const message = "waitReplicas must be 0: this driver does not support it";
  const { driver, acquire } = bare();
  expect(() => createLocker(driver, { waitReplicas: 1 })).toThrow(new RangeError(message));
  await expect(createLocker(driver).acquire("k", { waitReplicas: 1 })).rejects.toThrow(new RangeError(message));
  expect(acquire).not.toHaveBeenCalled();
});

test("a driver without transfer has all other leases; a transfer names the missing ability, and gives nothing up", async () => {
  const { driver, release } = bare();
  const leases = createLeases(driver);
  expect(await leases.acquire({ key: "k", token: "one", ttl: TTL })).toMatchObject({ status: "granted" });
  await expect(leases.transfer({ key: "k", from: "one", to: "two", ttl: TTL })).rejects.toThrow(
    new TypeError("transfer needs a driver that can transfer a lock: this one has no method `transfer`"),
  );
  expect(release).not.toHaveBeenCalled();
  expect(await leases.holder("k")).toMatchObject({ token: "one" });
  expect(await leases.extend({ key: "k", token: "one", ttl: TTL })).toBe("held");
  expect(await leases.release({ key: "k", token: "one" })).toBe("released");
});
