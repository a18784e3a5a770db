import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createLocker, LockLostError, LockNotAcquiredError } from "@distlock/core";
import { traced } from "@distlock/otel";
import { SpanKind, trace } from "@opentelemetry/api";
import { afterEach, beforeEach, expect, test } from "vitest";
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

const spans = () =>
  ["distlock.withLock", "distlock.acquire", "distlock.release"].map((name) => recorder.one(name)) as [
    ReturnType<typeof recorder.one>,
    ReturnType<typeof recorder.one>,
    ReturnType<typeof recorder.one>,
  ];

test("acquire, the work's spans and release are children; commands belong to the verb that sent them", async () => {
  const result = await recorder.tracer.startActiveSpan("request", async (request) => {
    const result = await locker.withLock(key, async (lock) => {
      recorder.tracer.startSpan("work, at once").end();
      await lock.extend(60_000);
      recorder.tracer.startSpan("work, later").end();
      return 42;
    });
    recorder.tracer.startSpan("afterwards").end();
    request.end();
    return result;
  });

  expect(result).toBe(42);
  expect(recorder.tree()).toEqual([
    "request",
    "  distlock.withLock",
    "    distlock.acquire",
    "      command acquire",
    "    work, at once",
    "    distlock.extend",
    "      command extend",
    "    work, later",
    "    distlock.release",
    "      command release",
    "  afterwards",
  ]);
});

test("the key, the outcome and the fence are recorded; the acquire ends where the work begins", async () => {
  const fence = await locker.withLock(key, { ttl: 20_000 }, (lock) => {
    expect(recorder.all("distlock.acquire")).toHaveLength(1);
    expect(recorder.tree()).not.toContain("  distlock.release");
    return lock.fence;
  });

  const [whole, acquire, release] = spans();
  for (const span of [whole, acquire, release]) {
    expectGood(span);
    expect(span.kind).toBe(SpanKind.INTERNAL);
  }
  expect(whole.attributes).toEqual({ "distlock.lock.key": key });
  expect(acquire.attributes).toEqual({
    "distlock.lock.key": key,
    "distlock.acquired": true,
    "distlock.fence": fence,
    "distlock.ttl": 20_000,
  });
  expect(release.attributes).toEqual({ "distlock.lock.key": key, "distlock.fence": fence });
});

test("its span is active in the work, and only there", async () => {
  const active = () => trace.getActiveSpan()?.spanContext().spanId;
  let inWork: string | undefined;
  await locker.withLock(key, async () => {
    inWork = active();
    await Promise.resolve();
    expect(active()).toBe(inWork);
  });
  expect(inWork).toBe(recorder.one("distlock.withLock").spanContext().spanId);
  expect(active()).toBeUndefined();
});

test("withLock in the work of withLock is a child of it", async () => {
  await locker.withLock("a", () => locker.withLock("b", () => {}));
  expect(recorder.tree()).toEqual([
    "distlock.withLock",
    "  distlock.acquire",
    "    command acquire",
    "  distlock.withLock",
    "    distlock.acquire",
    "      command acquire",
    "    distlock.release",
    "      command release",
    "  distlock.release",
    "    command release",
  ]);
});

test.for([
  { thrown: new TypeError("bad work"), type: "TypeError", message: "bad work" },
  { thrown: "text", type: "string", message: "text" },
  { thrown: undefined, type: "undefined", message: "not an Error" },
  { thrown: Object.create(null), type: "object", message: "not an Error" },
])("the work's own error is rejected with and recorded: $message, $type", async ({ thrown, type, message }) => {
  const sync = await rejection(
    locker.withLock(key, () => {
      throw thrown;
    }),
  );
  expect(sync).toBe(thrown);

  const [whole, acquire, release] = spans();
  expectFailed(whole, type, message);
  expectGood(acquire);
  expectGood(release);
  expect((await plain.inspect(key)).held).toBe(false);
  expect(await rejection(locker.withLock(key, () => Promise.reject(thrown)))).toBe(thrown);
});

test("a lock that was lost on the way is an error of the release and of the whole", async () => {
  const error = await rejection(locker.withLock(key, () => plain.forceRelease(key)));

  expect(error).toBeInstanceOf(LockLostError);
  const [whole, acquire, release] = spans();
  expectFailed(whole, "LOCK_LOST", (error as Error).message);
  expectFailed(release, "LOCK_LOST", (error as Error).message);
  expectGood(acquire);
});

test("the work's own error wins over a lost lock, which the release still records", async () => {
  const warnings: unknown[] = [];
  const listener = (message: unknown) => warnings.push(message);
  subscribe("distlock:warning", listener);
  const thrown = new Error("bad work");
  const error = await rejection(
    locker.withLock(key, async () => {
      await plain.forceRelease(key);
      throw thrown;
    }),
  );
  unsubscribe("distlock:warning", listener);

  expect(error).toBe(thrown);
  const [whole, , release] = spans();
  expectFailed(whole, "Error", "bad work");
  expectFailed(release, "LOCK_LOST", (warnings[0] as Error).message);
});

test("a lock that stays held is an error of the acquire and of the whole, and there is no release", async () => {
  await plain.acquire(key);
  const error = await rejection(locker.withLock(key, { timeout: 0 }, () => expect.unreachable("it worked")));

  expect(error).toBeInstanceOf(LockNotAcquiredError);
  const acquire = recorder.one("distlock.acquire");
  expectFailed(acquire, "LOCK_NOT_ACQUIRED", (error as Error).message);
  expect(acquire.attributes).toMatchObject({ "distlock.acquired": false, "distlock.attempts": 1 });
  const whole = recorder.one("distlock.withLock");
  expectFailed(whole, "LOCK_NOT_ACQUIRED", (error as Error).message);
  expect(whole.attributes).not.toHaveProperty("distlock.acquired");
  expect(recorder.all("distlock.release")).toEqual([]);
});

test("a lock that the work could not acquire is not recorded on the span of the lock that it had", async () => {
  await plain.acquire("other");
  await rejection(locker.withLock(key, () => plain.acquire("other", { timeout: 0 })));
  expect(recorder.one("distlock.acquire").attributes["distlock.acquired"]).toBe(true);
  expect(recorder.one("distlock.withLock").attributes["error.type"]).toBe("LOCK_NOT_ACQUIRED");
});

test("without work it is refused before anything is sent", async () => {
  const untyped = locker.withLock as (...args: unknown[]) => Promise<unknown>;
  for (const args of [[key], [key, undefined], [key, {}], [key, { ttl: 100 }, "work"], [key, () => {}, undefined]]) {
    expect(await rejection(untyped(...args))).toBeInstanceOf(TypeError);
  }
  expect(recorder.tree().filter((name) => name.includes("command"))).toEqual([]);
});

test("a release that can't reach Redis keeps the result; the warning comes while its span is active", async () => {
  const down = { ...recorder.instrumented(), release: () => Promise.reject(new Error("connection closed")) };
  locker = traced(createLocker(down), { tracer: recorder.tracer });
  const listener = (error: unknown) => trace.getActiveSpan()?.recordException(error as Error);
  subscribe("distlock:warning", listener);
  expect(await locker.withLock(key, () => 42)).toBe(42);
  unsubscribe("distlock:warning", listener);

  const [whole, , release] = spans();
  expectGood(whole);
  expect(release.events.map(({ attributes }) => attributes!["exception.type"])).toEqual(["LOCK_BACKEND"]);
});
