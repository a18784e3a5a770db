import { expect, test } from "vitest";
import type { AcquireRequest, Driver } from "../src/driver/driver";
import { createLocker, inProcessDriver } from "../src/index";
import { useVirtualClock } from "./virtual-clock";

/** A driver whose first acquires are lost on the way, without an error. */
function losing(count: number): { readonly driver: Driver; readonly sent: AcquireRequest[] } {
  const driver = inProcessDriver();
  const sent: AcquireRequest[] = [];
  return {
    sent,
    driver: {
      ...driver,
      acquire(request, call) {
        sent.push(request);
        return sent.length <= count ? new Promise(() => {}) : driver.acquire(request, call);
      },
    },
  };
}

test("a first request that is lost without an error is sent again after 5 s, with the same token", async () => {
  const time = useVirtualClock();
  const { driver, sent } = losing(1);
  const waiting = createLocker(driver).acquire("k", { timeout: Number.POSITIVE_INFINITY });
  await time.pass(4_999);
  expect(sent).toHaveLength(1);
  await time.pass(2);
  const lock = await waiting;
  expect(sent.map(({ token }) => token)).toEqual([lock.token, lock.token]);
  await lock.release();
});

test("the pauses grow while no reply comes, so that a client that keeps commands keeps few", async () => {
  const time = useVirtualClock();
  const { driver, sent } = losing(Number.POSITIVE_INFINITY);
  const controller = new AbortController();
  const waiting = createLocker(driver).acquire("k", { timeout: Number.POSITIVE_INFINITY, signal: controller.signal });
  await time.pass(3_600_000);
  expect(sent.length).toBeLessThan(10);
  controller.abort("enough");
  await expect(waiting).rejects.toBe("enough");
});

test("a wait without any reply ends as an outage, though its last request is young", async () => {
  const time = useVirtualClock();
  const { driver } = losing(Number.POSITIVE_INFINITY);
  const ended = createLocker(driver)
    .acquire("k", { timeout: 30_000 })
    .catch((error: { code: string }) => error.code);
  await time.pass(31_000);
  expect(await ended).toBe("LOCK_BACKEND");
});

test("a call that retries counts a request without a reply as an attempt, and ends after the last one", async () => {
  const time = useVirtualClock();
  const { driver, sent } = losing(Number.POSITIVE_INFINITY);
  const ended = createLocker(driver)
    .acquire("k", { timeout: Number.POSITIVE_INFINITY, maxAttempts: 2 })
    .catch((error: { code: string }) => error.code);
  await time.pass(30_000);
  expect(await ended).toBe("LOCK_BACKEND");
  expect(sent).toHaveLength(2);
});

test("the ticket in the reply to an earlier request is kept", async () => {
  const time = useVirtualClock();
  const driver = inProcessDriver();
  const locker = createLocker(driver);
  const first = await locker.acquire("k", { ttl: 60_000, autoExtend: true });
  const sent: AcquireRequest[] = [];
  let answer = (): void => {};
  const late = createLocker({
    ...driver,
    acquire(request, call) {
      sent.push(request);
      const reply = driver.acquire(request, call);
      if (sent.length === 1) return new Promise((resolve) => (answer = () => resolve(reply)));
      return sent.length === 2 ? Promise.reject(new Error("read ECONNRESET")) : reply;
    },
  });
  const waiting = late.acquire("k", { timeout: Number.POSITIVE_INFINITY });
  await time.pass(5_001);
  answer();
  await time.pass(1_000);
  expect(sent.map(({ place }) => place!.ticket > 0)).toEqual([false, false, true]);
  await first.release();
  await time.pass(2_000);
  await (await waiting).release();
});

test("a reply that a message has overtaken makes the lease longer", { timeout: 20_000 }, async () => {
  const time = useVirtualClock();
  const driver = inProcessDriver();
  const first = await createLocker(driver).acquire("k");
  let isLate = false;
  let arrive = (): void => {};
  const locker = createLocker({
    ...driver,
    acquire: (request, call) =>
      isLate
        ? new Promise((resolve) => (arrive = () => resolve(driver.acquire(request, call))))
        : driver.acquire(request, call),
    // No extension is answered: only the reply to the request can make the lease longer than the claim.
    extend: () => new Promise(() => {}),
    queue: {
      listen: driver.queue!.listen,
      // The waiter asks again, and that request is late.
      async heartbeat(request) {
        const reply = await driver.queue!.heartbeat(request);
        isLate = true;
        return { ...reply, states: ["missing"] };
      },
    },
  });
  const waiting = locker.acquire("k", { ttl: 30_000, timeout: 60_000 });
  await time.pass(1_300);
  await first.release();
  await time.pass(1);
  const lock = await waiting;
  expect(lock.remaining()).toBeLessThan(3_000);
  arrive();
  await time.pass(1);
  expect(lock.remaining()).toBeGreaterThan(20_000);
});
