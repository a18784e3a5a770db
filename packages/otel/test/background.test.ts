import { createLocker, type Driver } from "@distlock/core";
import { traced } from "@distlock/otel";
import { context, createContextKey, ROOT_CONTEXT } from "@opentelemetry/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRecorder } from "./recorder";

const key = "memory:session-123";

let recorder: ReturnType<typeof createRecorder>;
let extended: Promise<unknown>;
let driver: Driver;

beforeEach(() => {
  recorder = createRecorder();
  const inner = recorder.instrumented();
  extended = new Promise((resolve) => {
    driver = {
      ...inner,
      extend(requests) {
        const answers = inner.extend(requests);
        Promise.allSettled(answers).then(resolve);
        return answers;
      },
    };
  });
});
afterEach(() => recorder.check());

test("automatic extension keeps no ended acquire as parent", async () => {
  const locker = traced(createLocker(driver), { tracer: recorder.tracer });
  await recorder.tracer.startActiveSpan("request", async (request) => {
    const lock = await locker.acquire(key, { ttl: 300, autoExtend: true });
    request.end();
    await extended;
    await lock.release();
  });
  expect(recorder.tree()).toEqual([
    "request",
    "  distlock.acquire",
    "    command acquire",
    "command extend",
    "  distlock.release",
    "    command release",
  ]);
});

test("automatic extension during withLock belongs to no span of it", async () => {
  const locker = traced(createLocker(driver), { tracer: recorder.tracer });
  await locker.withLock(key, { ttl: 300 }, () => extended);
  expect(recorder.tree()).toEqual([
    "distlock.withLock",
    "  distlock.acquire",
    "    command acquire",
    "command extend",
    "  distlock.release",
    "    command release",
  ]);
});

test("what client instrumentation puts into the context, and what the caller put there, is found beneath", async () => {
  const caller = createContextKey("caller");
  const client = createContextKey("client");
  const seen: unknown[] = [];
  const looking: Driver = {
    ...driver,
    acquire: (request, call) =>
      context.with(context.active().setValue(client, "there"), async () => {
        await Promise.resolve();
        seen.push(context.active().getValue(client), context.active().getValue(caller));
        seen.push(context.active().deleteValue(client).getValue(client));
        return driver.acquire(request, call);
      }),
  };
  const locker = traced(createLocker(looking), { tracer: recorder.tracer });
  await context.with(ROOT_CONTEXT.setValue(caller, "here"), () => locker.withLock(key, () => {}));
  expect(seen).toEqual(["there", "here", undefined]);
  expect(recorder.tree().slice(0, 3)).toEqual(["distlock.withLock", "  distlock.acquire", "    command acquire"]);
});
