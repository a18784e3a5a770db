import { randomUUID } from "node:crypto";
import { createLeases, createLocker, inProcessDriver, type LockError, type Locker } from "@distlock/core";
import { instrument } from "@distlock/otel";
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRecorder, expectFailed, expectGood } from "./recorder";

const key = "order:123";

let recorder: ReturnType<typeof createRecorder>;
let locker: Locker;
let instrumented: Disposable;

beforeEach(() => {
  recorder = createRecorder();
  instrumented = instrument({ tracerProvider: recorder.provider });
  locker = createLocker(recorder.instrumented(), { label: "api-1" });
});
afterEach(() => {
  instrumented[Symbol.dispose]();
  recorder.check();
});

const rejection = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => expect.unreachable("it resolved"),
    (error: Error) => error,
  );

test("a job that runs once per period has an acquire and a hold; a call that does not run it is busy, and not an error", async () => {
  const work = async () => recorder.tracer.startSpan("work").end();
  expect(await locker.once(key, { per: 60_000 }, work)).toMatchObject({ ran: true });
  expect(await locker.once(key, { per: 60_000 }, work)).toMatchObject({ ran: false });
  expect(recorder.tree()).toEqual([
    "distlock.once",
    "  distlock.acquire",
    "    command acquire",
    "  distlock.hold",
    "    work",
    "  command transfer",
    "distlock.once",
    "  distlock.acquire",
    "    command acquire",
  ]);
  expect(recorder.all("distlock.acquire").map(({ attributes }) => attributes["distlock.outcome"])).toEqual([
    "granted",
    "busy",
  ]);
  for (const span of [...recorder.all("distlock.once"), recorder.one("distlock.hold")]) expectGood(span);
});

describe("withLock", () => {
  test("has an acquire, a hold with the work in it, and a release, under one parent", async () => {
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
      "    distlock.hold",
      "      work, at once",
      "      command extend",
      "      work, later",
      "    distlock.release",
      "      command release",
      "  afterwards",
    ]);
  });

  test("each span has the attributes of the table, and each attribute one type", async () => {
    const fence = await locker.withLock(key, { ttl: 20_000 }, (lock) => lock.fence);
    const attributes = (name: string) => recorder.one(name).attributes;
    expect(attributes("distlock.withLock")).toEqual({ "distlock.lock.key": key });
    expect(attributes("distlock.acquire")).toEqual({
      "distlock.lock.key": key,
      "distlock.ttl": 20_000,
      "distlock.wait.mode": "queue",
      "distlock.outcome": "granted",
      "distlock.attempts": 1,
      "distlock.wait.ahead": 0,
      "distlock.handed_over": false,
      "distlock.fence": fence,
    });
    expect(attributes("distlock.hold")).toEqual({
      "distlock.lock.key": key,
      "distlock.fence": fence,
      "distlock.end": "released",
    });
    expect(attributes("distlock.release")).toEqual({ "distlock.lock.key": key, "distlock.outcome": "released" });
    for (const name of ["withLock", "acquire", "hold", "release"]) {
      expectGood(recorder.one(`distlock.${name}`));
      expect(recorder.one(`distlock.${name}`).kind).toBe(SpanKind.INTERNAL);
    }
  });

  test("several keys are a list, in an attribute of its own", async () => {
    await locker.withLock(["order:b", "order:a"], () => {});
    for (const name of ["withLock", "acquire", "hold", "release"]) {
      const { attributes } = recorder.one(`distlock.${name}`);
      expect(attributes["distlock.lock.keys"]).toEqual(["order:a", "order:b"]);
      expect(attributes).not.toHaveProperty("distlock.lock.key");
      expect(attributes).not.toHaveProperty("distlock.fence");
    }
  });

  test("the hold is active in the work, and only there; a lock in the work is a part of it", async () => {
    const active = () => trace.getActiveSpan()?.spanContext().spanId;
    let inWork: string | undefined;
    await locker.withLock("order:a", async () => {
      inWork = active();
      await locker.withLock("order:b", () => {});
      expect(active()).toBe(inWork);
    });
    expect(active()).toBeUndefined();
    expect(inWork).toBe(recorder.all("distlock.hold")[1]!.spanContext().spanId);
    expect(recorder.tree().filter((each) => each.includes("withLock"))).toEqual([
      "distlock.withLock",
      "    distlock.withLock",
    ]);
  });

  test.for([
    { thrown: new TypeError("bad work"), type: "TypeError", message: "bad work" },
    { thrown: "text", type: "string", message: "text" },
    { thrown: undefined, type: "undefined", message: "not an Error" },
    { thrown: { token: "secret" }, type: "object", message: "not an Error" },
  ])("an error of the work is an error of the whole: $message, $type", async ({ thrown, type, message }) => {
    expect(await rejection(locker.withLock(key, () => Promise.reject(thrown)))).toBe(thrown);
    expectFailed(recorder.one("distlock.withLock"), type, message);
    for (const name of ["acquire", "hold", "release"]) expectGood(recorder.one(`distlock.${name}`));
  });
});

describe("a loss", () => {
  test("is an event of the hold at once, even when nobody calls the lock; the exception is recorded once", async () => {
    const lock = await locker.acquire(key, { ttl: 20 });
    while (recorder.all("distlock.hold").length === 0) await new Promise(setImmediate);
    const hold = recorder.one("distlock.hold");
    expect(hold.events.map(({ name }) => name)).toEqual(["distlock.lost", "exception"]);
    expect(hold.events[0]!.attributes).toEqual({ "distlock.lost.reason": "expired" });
    expect(hold.status.code).toBe(SpanStatusCode.ERROR);
    expect(hold.attributes).toMatchObject({ "distlock.end": "expired", "error.type": "LOCK_LOST" });
    const error = await rejection(lock.release());
    const release = recorder.one("distlock.release");
    expect(release.status).toEqual({ code: SpanStatusCode.ERROR, message: error.message });
    expect(release.attributes).toMatchObject({ "distlock.outcome": "lost", "error.type": "LOCK_LOST" });
    expect(release.events).toEqual([]);
  });

  test("that only the release finds is an event of the hold, too", async () => {
    const error = await rejection(locker.withLock(key, () => locker.forceRelease(key)));
    const hold = recorder.one("distlock.hold");
    expect(hold.events[0]).toMatchObject({ name: "distlock.lost", attributes: { "distlock.lost.reason": "taken" } });
    expect(hold.attributes["distlock.end"]).toBe("lost");
    for (const name of ["release", "withLock"]) {
      const span = recorder.one(`distlock.${name}`);
      expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: error.message });
      expect(span.events).toEqual([]);
    }
    expect(recorder.one("distlock.force_release").attributes).toEqual({
      "distlock.lock.key": key,
      "distlock.outcome": "freed",
    });
  });

  test("is a log record, if there is a provider of logs", async () => {
    const records: object[] = [];
    const loggerProvider = { getLogger: () => ({ emit: (record: object) => void records.push(record) }) };
    instrumented = instrument({ tracerProvider: recorder.provider, loggerProvider });
    const lock = await locker.acquire(key, { ttl: 20 });
    while (records.length === 0) await new Promise(setImmediate);
    expect(records).toMatchObject([
      {
        eventName: "distlock.lost",
        severityText: "ERROR",
        attributes: { "distlock.lock.key": key, "distlock.fence": lock.fence, "distlock.lost.reason": "expired" },
      },
    ]);
  });
});

describe("contention", () => {
  test.for<[string, (locker: Locker) => Promise<unknown>, string, string]>([
    ["tryAcquire", (own) => own.tryAcquire(key), "busy", "once"],
    ["no timeout", (own) => own.acquire(key, { timeout: 0 }), "busy", "once"],
    ["withLock without a timeout", (own) => own.withLock(key, { timeout: 0 }, () => {}), "busy", "once"],
    ["a caller's abort", (own) => own.acquire(key, { signal: AbortSignal.timeout(5) }), "aborted", "queue"],
    [
      "a caller's abort of withLock",
      (own) => own.withLock(key, { signal: AbortSignal.timeout(5) }, () => {}),
      "aborted",
      "queue",
    ],
  ])("%s is an outcome, not an error", async ([, call, outcome, mode]) => {
    const driver = recorder.instrumented();
    const holder = await createLocker(driver).acquire(key);
    const other = createLocker(driver);
    await call(other).catch(() => {});
    const acquire = recorder.all("distlock.acquire").at(-1)!;
    expectGood(acquire);
    expect(acquire.attributes).toMatchObject({ "distlock.outcome": outcome, "distlock.wait.mode": mode });
    for (const whole of recorder.all("distlock.withLock")) expectGood(whole);
    await holder.release();
    await other.close();
  });

  test("a timeout is an error, says who holds the lock, and is one exception", async () => {
    const driver = inProcessDriver();
    const holder = await createLocker(driver, { label: "holder" }).acquire(key);
    const error = await rejection(createLocker(driver).withLock(key, { timeout: 5 }, () => {}));
    const acquire = recorder.all("distlock.acquire").at(-1)!;
    expectFailed(acquire, "LOCK_NOT_ACQUIRED", error.message);
    expect(acquire.attributes).toMatchObject({ "distlock.outcome": "timeout", "distlock.holder.label": "holder" });
    const whole = recorder.one("distlock.withLock");
    expect(whole.status).toEqual({ code: SpanStatusCode.ERROR, message: error.message });
    expect(whole.events).toEqual([]);
    await holder.release();
  });

  test("an outage is an error of another type", async () => {
    const down = { ...recorder.instrumented(), acquire: () => Promise.reject(new Error("connection closed")) };
    const error = (await rejection(createLocker(down).acquire(key, { maxAttempts: 1 }))) as LockError;
    expectFailed(recorder.one("distlock.acquire"), "LOCK_BACKEND", error.message);
    expect(recorder.one("distlock.acquire").attributes["distlock.outcome"]).toBe("failed");
  });
});

test("what the locker does by itself makes no span, nor do its commands", async () => {
  await recorder.tracer.startActiveSpan("request", async (request) => {
    const driver = recorder.instrumented();
    const lock = await createLocker(driver).acquire(key, { ttl: 300, autoExtend: true });
    const other = createLocker(driver);
    await other.acquire(key, { timeout: 1_500 }).catch(() => {});
    await lock.release();
    await other.close();
    request.end();
  });
  expect(recorder.tree()).toEqual([
    "request",
    "  distlock.acquire",
    "    command acquire",
    "  distlock.hold",
    "  distlock.acquire",
    "    command acquire",
    "  distlock.release",
    "    command release",
  ]);
});

test("extensions that the code asks for are spans if they are asked for", async () => {
  instrumented = instrument({ tracerProvider: recorder.provider, spans: { extend: true, hold: false } });
  const lock = await locker.acquire(key);
  await lock.extend(60_000);
  await lock.release();
  expect(recorder.one("distlock.extend").attributes).toEqual({ "distlock.lock.key": key, "distlock.outcome": "held" });
  expect(recorder.all("distlock.hold")).toEqual([]);
});

test("leases have the spans of locks", async () => {
  const leases = createLeases(recorder.instrumented());
  const token = randomUUID();
  await recorder.tracer.startActiveSpan("request", async (request) => {
    await leases.acquire({ key, token, ttl: 5_000 });
    await leases.release({ key, token });
    request.end();
  });
  expect(recorder.tree()).toEqual([
    "request",
    "  distlock.acquire",
    "    command acquire",
    "  distlock.hold",
    "  distlock.release",
    "    command release",
  ]);
});

describe("links", () => {
  const linksOf = (span: ReturnType<typeof recorder.one>) =>
    span.links.map(({ context, attributes }) => [attributes?.["distlock.link"], context.spanId, context.traceId]);

  test("lead from a call that found the lock held to the holder's call, if they are asked for", async () => {
    instrumented = instrument({ tracerProvider: recorder.provider, linkHolders: true });
    const driver = recorder.instrumented();
    const [one, other] = [createLocker(driver, { label: "one" }), createLocker(driver)];
    const holder = await one.acquire(key);
    const { spanId, traceId } = recorder.one("distlock.acquire").spanContext();
    await other.tryAcquire(key);
    expect(linksOf(recorder.all("distlock.acquire").at(-1)!)).toEqual([["blocked_by", spanId, traceId]]);
    const [first, second] = [other.acquire(key), other.acquire(key)];
    while ((await one.inspect(key)).waiting < 2) await new Promise(setImmediate);
    await holder.release();
    const next = await first;
    expect(linksOf(recorder.all("distlock.acquire").at(-1)!)).toEqual([
      ["blocked_by", spanId, traceId],
      ["handed_over_by", spanId, traceId],
    ]);
    await next.release();
    await (await second).release();
    expect(linksOf(recorder.all("distlock.acquire").at(-1)!)).toEqual([["blocked_by", spanId, traceId]]);
    await other.close();
  });

  test("are not made by default", async () => {
    const lock = await locker.acquire(key);
    expect(lock.token.split(":")).toHaveLength(3);
    await locker.tryAcquire(key);
    expect(recorder.all("distlock.acquire").flatMap(({ links }) => links)).toEqual([]);
    await lock.release();
  });
});

test("a second call takes the place of the first, and after the end nothing is recorded", async () => {
  const second = createRecorder();
  instrumented = instrument({ tracerProvider: second.provider });
  await locker.withLock(key, () => {});
  expect(recorder.all("distlock.withLock")).toEqual([]);
  expect(second.all("distlock.withLock")).toHaveLength(1);
  instrumented[Symbol.dispose]();
  await locker.withLock(key, () => {});
  expect(second.all("distlock.withLock")).toHaveLength(1);
});

test("bad options are refused by name", () => {
  expect(() => instrument({ keyTemplate: "order:*" as never })).toThrow(/keyTemplate must be a function/);
});
