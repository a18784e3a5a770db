import { describe, expect, test } from "vitest";
import { createLocker, type Driver, inProcessDriver, type LockOptions } from "../src/index";

const bad: [LockOptions | Record<string, unknown>, string, RegExp][] = [
  [{ ttl: 0 }, "RangeError", /^ttl must be an integer from 1 to 2147483647 \(ms\), got 0$/],
  [{ ttl: "30s" }, "TypeError", /^ttl must be an integer from 1 to 2147483647 \(ms\), got "30s"$/],
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
    expect(await locker.inspect("k")).toEqual({ held: false, remaining: 0, fence: 0, waiting: 0 });
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

  test("something that is no driver is refused", () => {
    for (const driver of [undefined, null, {}, { evalsha() {} }]) {
      expect(() => createLocker(driver as unknown as Driver)).toThrow(/createLocker needs a driver/);
    }
  });

  test("work that is no function is refused before anything is locked", async () => {
    const locker = createLocker(inProcessDriver());
    await expect(locker.withLock("k", undefined as never)).rejects.toThrow(TypeError);
    expect((await locker.inspect("k")).held).toBe(false);
  });
});
