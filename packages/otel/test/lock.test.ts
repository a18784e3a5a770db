import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createLocker, LockError, LockLostError, LockNotAcquiredError } from "@distlock/core";
import { traced } from "@distlock/otel";
import { SpanKind } from "@opentelemetry/api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRecorder, expectFailed, expectGood } from "./recorder";

const key = "memory:session-123";

let recorder: ReturnType<typeof createRecorder>;
let plain: ReturnType<typeof createLocker>;
let locker: ReturnType<typeof createLocker>;

beforeEach(() => {
  recorder = createRecorder();
  plain = createLocker(recorder.instrumented());
  locker = traced(plain, { tracer: recorder.tracer });
});
afterEach(() => recorder.check());

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable("it resolved"),
    (error: unknown) => error,
  );

describe("acquire", () => {
  test("returns the lock and records its key, fence and ttl", async () => {
    const lock = await locker.acquire(key, { ttl: 20_000 });

    const span = recorder.one("distlock.acquire");
    expectGood(span);
    expect(span.kind).toBe(SpanKind.INTERNAL);
    expect(span.attributes).toEqual({
      "distlock.lock.key": key,
      "distlock.acquired": true,
      "distlock.fence": lock.fence,
      "distlock.ttl": 20_000,
    });
  });

  test("the commands that it sends are its children, and it is a child of the active span", async () => {
    await recorder.tracer.startActiveSpan("request", async (request) => {
      const lock = await locker.acquire(key);
      await lock.extend();
      await lock.release();
      request.end();
    });
    expect(recorder.tree()).toEqual([
      "request",
      "  distlock.acquire",
      "    command acquire",
      "  distlock.extend",
      "    command extend",
      "  distlock.release",
      "    command release",
    ]);
  });

  test("a lock that stays held is an error with the number of attempts", async () => {
    await plain.acquire(key);
    const error = await rejection(locker.acquire(key, { maxAttempts: 2, retryDelay: 1 }));

    expect(error).toBeInstanceOf(LockNotAcquiredError);
    const span = recorder.one("distlock.acquire");
    expectFailed(span, "LOCK_NOT_ACQUIRED", (error as Error).message);
    expect(span.attributes).toEqual({
      "distlock.lock.key": key,
      "distlock.acquired": false,
      "distlock.attempts": 2,
      "error.type": "LOCK_NOT_ACQUIRED",
    });
    expect(recorder.tree().slice(1)).toEqual(["distlock.acquire", "  command acquire", "  command acquire"]);
  });

  test("an outage is not recorded as contention", async () => {
    const down = { ...recorder.instrumented(), acquire: () => Promise.reject(new Error("connection closed")) };
    locker = traced(createLocker(down), { tracer: recorder.tracer });
    const error = await rejection(locker.acquire(key, { maxAttempts: 1 }));

    const span = recorder.one("distlock.acquire");
    expectFailed(span, "LOCK_BACKEND", (error as Error).message);
    expect(span.attributes).not.toHaveProperty("distlock.acquired");
  });

  test.for([
    { reason: new DOMException("stop", "AbortError"), type: "AbortError", message: "stop" },
    { reason: "shutting down", type: "string", message: "shutting down" },
    { reason: { token: "secret" }, type: "object", message: "not an Error" },
    { reason: null, type: "object", message: "not an Error" },
  ])("an aborted wait rejects with the caller's reason: $message, $type", async ({ reason, type, message }) => {
    const error = await rejection(locker.acquire(key, { signal: AbortSignal.abort(reason) }));
    expect(error).toBe(reason);
    expectFailed(recorder.one("distlock.acquire"), type, message);
  });

  test("a bad option is an error", async () => {
    const error = await rejection(locker.acquire(key, { ttl: 0 }));
    expect(error).toBeInstanceOf(RangeError);
    expectFailed(recorder.one("distlock.acquire"), "RangeError", (error as Error).message);
  });
});

describe("tryAcquire", () => {
  test("returns a traced lock", async () => {
    const lock = await locker.tryAcquire(key);
    await lock!.release();

    const span = recorder.one("distlock.acquire");
    expectGood(span);
    expect(span.attributes).toEqual({
      "distlock.lock.key": key,
      "distlock.acquired": true,
      "distlock.fence": lock!.fence,
    });
    expectGood(recorder.one("distlock.release"));
  });

  test("a lock that another holds is an outcome, not an error", async () => {
    await plain.acquire(key);
    expect(await locker.tryAcquire(key)).toBeNull();

    const span = recorder.one("distlock.acquire");
    expectGood(span);
    expect(span.attributes).toEqual({ "distlock.lock.key": key, "distlock.acquired": false });
  });

  test("a closed locker is an error", async () => {
    await locker.close();
    const error = await rejection(locker.tryAcquire(key));
    expectFailed(recorder.one("distlock.acquire"), "LOCKER_CLOSED", (error as Error).message);
  });
});

describe("the lock", () => {
  test("extend and release record its key and fence", async () => {
    const lock = await locker.acquire(key);
    await lock.extend(60_000);
    await lock.extend();
    await lock.release();

    const common = { "distlock.lock.key": key, "distlock.fence": lock.fence };
    const extended = recorder.all("distlock.extend");
    expect(extended.map(({ attributes }) => attributes)).toEqual([{ ...common, "distlock.ttl": 60_000 }, common]);
    expect(recorder.one("distlock.release").attributes).toEqual(common);
    for (const span of [...extended, recorder.one("distlock.release")]) expectGood(span);
  });

  test("of several keys, records all of them", async () => {
    const keys = [`${key}:b`, `${key}:a`];
    const lock = await locker.acquire(keys);
    expect(await locker.tryAcquire(`${key}:a`)).toBe(null);
    expect(lock).toMatchObject({ keys: [`${key}:a`, `${key}:b`], isHeld: true });
    await lock.extend(60_000);
    await lock.release();
    expect(await locker.withLock(keys, (inner) => inner.fences.size)).toBe(2);

    expect(recorder.all("distlock.acquire")[0]!.attributes).toMatchObject({ "distlock.lock.key": lock.keys });
    for (const name of ["distlock.extend", "distlock.release"]) {
      expect(recorder.all(name)[0]!.attributes).toMatchObject({
        "distlock.lock.key": lock.keys,
        "distlock.fence": [...lock.fences.values()],
      });
    }
  });

  test("its properties are the current ones of the given locker's lock", async () => {
    const inner = await plain.acquire(key);
    const lock = await traced({ ...plain, acquire: async () => inner as never }, { tracer: recorder.tracer }).acquire(
      key,
    );
    expect(lock).toMatchObject({ key, token: inner.token, fence: inner.fence, isHeld: true });
    expect(lock.signal).toBe(inner.signal);
    expect(lock.remaining()).toBeGreaterThan(29_000);
    await lock.extend(90_000);
    expect(lock.remaining()).toBeGreaterThan(89_000);

    await plain.forceRelease(key);
    await rejection(lock.extend());
    expect(lock.isHeld).toBe(false);
    expect(lock.remaining()).toBe(0);
    expect(lock.signal.aborted).toBe(true);
    expect(lock.signal.reason).toBeInstanceOf(LockLostError);
  });

  test.for(["extend", "release"] as const)("%s of a lost lock is an error", async (verb) => {
    const lock = await locker.acquire(key);
    expect(await locker.forceRelease(key)).toBe(true);
    const error = await rejection(lock[verb]());

    expect(error).toBeInstanceOf(LockLostError);
    expectFailed(recorder.one(`distlock.${verb}`), "LOCK_LOST", (error as Error).message);
  });

  test("`await using` releases it", async () => {
    await recorder.tracer.startActiveSpan("request", async (request) => {
      {
        await using lock = await locker.acquire(key);
        expect(lock.isHeld).toBe(true);
      }
      expect((await locker.inspect(key)).held).toBe(false);
      request.end();
    });
    expect(recorder.tree()).toEqual([
      "request",
      "  distlock.acquire",
      "    command acquire",
      "  distlock.release",
      "    command release",
    ]);
    expectGood(recorder.one("distlock.release"));
  });

  test("the end of `await using` does not reject, and its span tells why the release failed", async () => {
    const warnings: unknown[] = [];
    const listener = (message: unknown) => warnings.push(message);
    subscribe("distlock:warning", listener);
    {
      await using lock = await locker.acquire(key);
      await locker.forceRelease(lock.key);
    }
    unsubscribe("distlock:warning", listener);

    expect(warnings).toHaveLength(1);
    expect(LockError.is(warnings[0])).toBe(true);
    expectFailed(recorder.one("distlock.release"), "LOCK_LOST", (warnings[0] as Error).message);
  });
});
