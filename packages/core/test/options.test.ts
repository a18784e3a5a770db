import { describe, expect, test } from "vitest";
import { createLocker, type Driver, inProcessDriver, type LockOptions } from "../src/index";

const bad: [LockOptions | Record<string, unknown>, string, RegExp][] = [
  [{ ttl: 0 }, "RangeError", /^ttl must be an integer from 3 to 2147483647 \(ms\), got 0$/],
  [{ ttl: 2 }, "RangeError", /^ttl must be an integer from 3 to 2147483647 \(ms\), got 2$/],
  [{ ttl: "30s" }, "TypeError", /^ttl must be an integer from 3 to 2147483647 \(ms\), got "30s"$/],
  [{ ttl: null }, "TypeError", /^ttl .*got null$/],
  [{ maxAttempts: 0 }, "RangeError", /^maxAttempts must be an integer, 1 or more, or Infinity, got 0$/],
  [{ maxAttempts: 1.5 }, "RangeError", /^maxAttempts/],
  [{ maxAttempts: Number.NaN }, "RangeError", /^maxAttempts/],
  [{ retryDelay: -1 }, "RangeError", /^retryDelay must be a finite number of ms, 0 or more, got -1$/],
  [{ retryDelay: Number.POSITIVE_INFINITY }, "RangeError", /^retryDelay/],
  [{ retryDelay: "100" }, "TypeError", /^retryDelay/],
  [{ timeout: -1 }, "RangeError", /^timeout must be a number of ms, 0 or more, or Infinity, got -1$/],
  [{ timeout: Number.NaN }, "RangeError", /^timeout/],
  [{ maxHold: 0 }, "RangeError", /^maxHold must be a number of ms above 0, or Infinity, got 0$/],
  [{ autoExtend: 1 }, "TypeError", /^autoExtend must be true or false, got 1$/],
  [{ signal: {} }, "TypeError", /^signal must be an AbortSignal/],
  [{ wait: "poll" }, "RangeError", /^wait must be "queue" or "retry", got "poll"$/],
  [{ wait: "queue", maxAttempts: 3 }, "RangeError", /^maxAttempts and retryDelay must be left out with wait: "queue"$/],
  [{ wait: "queue", retryDelay: 3 }, "RangeError", /^maxAttempts and retryDelay must be left out/],
  [{ ttlMs: 5 }, "TypeError", /^unknown option "ttlMs"; there are ttl, .*maxHold/],
];

describe("options", () => {
  test.each(bad)("%o is refused as a %s, per locker and per call", async (options, name, message) => {
    const driver = inProcessDriver();
    expect(() => createLocker(driver, options as LockOptions)).toThrow(
      expect.objectContaining({ name, message: expect.stringMatching(message) }),
    );
    const locker = createLocker(driver);
    for (const call of [
      () => locker.acquire("k", options as LockOptions),
      () => locker.tryAcquire("k", options as LockOptions),
      () => locker.withLock("k", options as LockOptions, () => expect.unreachable()),
    ]) {
      await expect(call).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
    }
    expect(await locker.inspect("k")).toEqual({
      held: false,
      remaining: 0,
      fence: 0,
      waiting: 0,
      holder: null,
      waiters: [],
    });
  });

  test("the call wins over the locker, and undefined over nothing", async () => {
    const locker = createLocker(inProcessDriver(), { ttl: 500 });
    const own = await locker.acquire("a");
    const call = await locker.acquire("b", { ttl: 90_000 });
    const neither = await locker.acquire("c", { ttl: undefined });
    expect(own.remaining()).toBeLessThanOrEqual(500);
    expect(call.remaining()).toBeGreaterThan(80_000);
    expect(neither.remaining()).toBeLessThanOrEqual(500);
  });

  test("the default ttl is 30 s", async () => {
    const lock = await createLocker(inProcessDriver()).acquire("k");
    expect(lock.remaining()).toBeGreaterThan(29_000);
    expect(lock.remaining()).toBeLessThan(30_000);
  });

  test("a value that is not a driver is refused", () => {
    for (const driver of [undefined, null, {}, { evalsha() {} }]) {
      expect(() => createLocker(driver as unknown as Driver)).toThrow(/createLocker needs a driver/);
    }
  });

  test("work that is not a function is refused before anything is locked", async () => {
    const locker = createLocker(inProcessDriver());
    await expect(locker.withLock("k", undefined as never)).rejects.toThrow(TypeError);
    await expect(locker.withLock("k", Promise.resolve() as never)).rejects.toThrow(/got a promise: await it$/);
    expect((await locker.inspect("k")).held).toBe(false);
  });

  test("a promise, null or an array in place of a key is named", async () => {
    const locker = createLocker(inProcessDriver());
    await expect(locker.acquire(Promise.resolve("k") as never)).rejects.toThrow(/^key .*got a promise: await it$/);
    await expect(locker.acquire(null as never)).rejects.toThrow(/^key .*got null$/);
    await expect(locker.inspect(["a", "b"] as never)).rejects.toThrow(/^key must be a string, got an array$/);
  });

  test("bad options of a driver are refused by name", () => {
    for (const fenceTtl of [-1, 1.5, Number.POSITIVE_INFINITY, 2 ** 50]) {
      expect(() => inProcessDriver({ fenceTtl })).toThrow(RangeError);
    }
    expect(() => inProcessDriver({ fenceTtl: "1d" as never })).toThrow(
      /^fenceTtl must be an integer from 0 to .*got "1d"$/,
    );
    expect(() => inProcessDriver({ ttl: 5 } as never)).toThrow(
      /^unknown option "ttl" of a driver; the only option is fenceTtl$/,
    );
    expect(() => inProcessDriver(null as never)).toThrow(TypeError);
  });
});
