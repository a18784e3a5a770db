import { once } from "node:events";
import { expect, test, vi } from "vitest";
import { now } from "../src/driver/lease";
import { HEARTBEAT } from "../src/driver/times";
import { DriverError, type HeartbeatRequest } from "../src/for-drivers";
import { createLocker, type Driver, inProcessDriver } from "../src/index";
import { PROBE, SOON } from "../src/locker/queue/heartbeats";
import { LONGEST_INTERVAL, SHORTEST_INTERVAL } from "../src/locker/queue/line";
import { useVirtualClock } from "./virtual-clock";

function failing(error: Error): Driver {
  const driver = inProcessDriver();
  return { ...driver, queue: { ...driver.queue!, heartbeat: () => Promise.reject(error) } };
}

test("a heartbeat that fails by a bug, or is refused, ends the wait with its error", async () => {
  for (const error of [
    new RangeError("Maximum call stack size exceeded"),
    new TypeError("x is not a function"),
    new DriverError("NOPERM this user has no permissions to run the 'zrank' command", { retryable: false }),
  ]) {
    const locker = createLocker(failing(error), { timeout: Number.POSITIVE_INFINITY });
    await locker.acquire("k");
    await expect(locker.acquire("k")).rejects.toMatchObject({
      code: "LOCK_BACKEND",
      cause: { message: error.message },
    });
    await locker.close();
  }
});

test("a heartbeat that fails with its connection ends no wait", async () => {
  const broken = Object.assign(new TypeError("fetch failed"), { cause: new Error("ECONNRESET") });
  for (const error of [new Error("Connection is closed."), broken]) {
    const locker = createLocker(failing(error), { timeout: LONGEST_INTERVAL + 40 });
    await locker.acquire("k");
    await expect(locker.acquire("k")).rejects.toMatchObject({ message: expect.not.stringContaining(error.message) });
    await locker.close();
  }
});

test("a heartbeat has a thousand tokens at most, and all waiters have a part in one", async () => {
  const driver = inProcessDriver();
  const requests: HeartbeatRequest[] = [];
  const locker = createLocker(
    {
      ...driver,
      queue: {
        ...driver.queue!,
        heartbeat(request) {
          requests.push(request);
          return driver.queue!.heartbeat(request);
        },
      },
    },
    { timeout: Number.POSITIVE_INFINITY },
  );
  await locker.acquire("k");
  const waits = Array.from({ length: 2_500 }, () => locker.acquire("k").catch(() => {}));
  while (requests.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(requests.slice(0, 3).map(({ tokens }) => tokens.length)).toEqual([1_000, 1_000, 500]);
  expect(new Set(requests.slice(0, 3).flatMap(({ tokens }) => tokens)).size).toBe(2_500);
  await locker.close();
  await Promise.all(waits);
});

test("the pauses between heartbeats are jittered to both sides, even where each heartbeat is answered", async () => {
  const { pass } = useVirtualClock();
  const driver = inProcessDriver();
  const sent: number[] = [];
  const locker = createLocker(
    {
      ...driver,
      queue: {
        ...driver.queue!,
        heartbeat(request) {
          sent.push(now());
          return driver.queue!.heartbeat(request);
        },
      },
    },
    { ttl: 3_400_000, timeout: Number.POSITIVE_INFINITY },
  );
  await locker.acquire("k");
  const wait = locker.acquire("k").catch(() => {});
  await pass(200 * HEARTBEAT);
  const pauses = sent.slice(1).map((time, i) => time - sent[i]!);
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(SHORTEST_INTERVAL - SOON);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(LONGEST_INTERVAL + 1); // timers count whole ms
  expect(pauses.filter((pause) => pause < HEARTBEAT - 10).length).toBeGreaterThan(50);
  expect(pauses.filter((pause) => pause > HEARTBEAT + 10).length).toBeGreaterThan(50);
  await locker.close();
  await wait;
});

test("after an outage in which the client dropped all answers, all lines are alive again within some seconds", async () => {
  const { pass } = useVirtualClock();
  const driver = inProcessDriver();
  const tokens = new Map<string, number>();
  let isAway = false;
  const locker = createLocker(
    {
      ...driver,
      queue: {
        ...driver.queue!,
        heartbeat(request) {
          tokens.set(request.key, (tokens.get(request.key) ?? 0) + request.tokens.length);
          if (isAway) return Promise.reject(new Error("Command timed out"));
          return driver.queue!.heartbeat(request);
        },
      },
    },
    { ttl: 3_400_000, timeout: Number.POSITIVE_INFINITY },
  );
  const keys = Array.from({ length: 100 }, (_, i) => `k${i}`);
  const waits = [];
  for (const key of [...keys, ...keys]) waits.push(locker.acquire(key).catch(() => {}));
  await pass(5_000);
  isAway = true;
  tokens.clear();
  await pass(400_000);
  const most = [...tokens.values()].reduce((sum, count) => sum + count, 0);
  expect(most).toBeLessThan(keys.length * 12 + 400_000 / PROBE);
  isAway = false;
  tokens.clear();
  await pass(PROBE + 1_000);
  expect([...tokens.keys()].sort()).toEqual([...keys].sort());
  await Promise.all([locker.close(), pass(60_000)]);
  await Promise.all(waits);
});

test("a ttl that may be meant in seconds is warned of, once", async () => {
  vi.resetModules(); // another test of this process may have had the warning
  const { createLocker, inProcessDriver } = await import("../src/index");
  (await import("./virtual-clock")).useVirtualClock();
  const locker = createLocker(inProcessDriver());
  const warned = once(process, "warning");
  await locker.withLock("k", { ttl: 30 }, () => {});
  await locker.withLock("k", { ttl: 30 }, () => {});
  expect((await warned)[0]).toMatchObject({
    name: "DistlockWarning",
    code: "SHORT_TTL",
    message: "a lease of 30 ms is extended every 10 ms: ttl is in ms, not in seconds",
  });
});
