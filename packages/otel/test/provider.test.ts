import { createLocker, inProcessDriver, LockLostError, LockNotAcquiredError } from "@distlock/core";
import { traced } from "@distlock/otel";
import { trace } from "@opentelemetry/api";
import { expect, onTestFinished, test } from "vitest";
import packageJson from "../package.json";

const key = "memory:session-123";
const locker = traced(createLocker(inProcessDriver()));

test("without a registered provider it is the same locker", async () => {
  expect(await locker.withLock(key, { ttl: 1_000 }, (lock) => lock.isHeld && lock.key)).toBe(key);
  const thrown = new Error("bad work");
  await expect(locker.withLock(key, () => Promise.reject(thrown))).rejects.toBe(thrown);
  {
    await using lock = await locker.acquire(key);
    await lock.extend(60_000);
    expect(lock.remaining()).toBeGreaterThan(59_000);
    expect(await locker.tryAcquire(key)).toBeNull();
    await expect(locker.acquire(key, { timeout: 0 })).rejects.toThrow(LockNotAcquiredError);
    expect((await locker.inspect(key)).held).toBe(true);
  }
  const lock = await locker.acquire(key);
  expect(await locker.forceRelease(key)).toBe(true);
  await expect(lock.release()).rejects.toThrow(LockLostError);
});

test("a provider that is registered later is used, with the name and version of the package", async () => {
  const { createRecorder } = await import("./recorder");
  const recorder = createRecorder();
  trace.setGlobalTracerProvider(recorder.provider);
  onTestFinished(() => trace.disable());
  await locker.withLock(key, () => {});
  expect(recorder.one("distlock.withLock").instrumentationScope).toMatchObject({
    name: "@distlock/otel",
    version: packageJson.version,
  });
  await locker.close();
  await expect(locker.acquire(key)).rejects.toMatchObject({ code: "LOCKER_CLOSED" });
});
