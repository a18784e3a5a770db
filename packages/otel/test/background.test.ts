import { createLocker, type Driver } from "@distlock/core";
import { traced } from "@distlock/otel";
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
      extend(request) {
        const answer = inner.extend(request);
        answer.finally(() => resolve(undefined));
        return answer;
      },
    };
  });
});
afterEach(() => recorder.check());

test("automatic extension keeps no ended acquire as parent", async () => {
  const locker = traced(createLocker(driver), { tracer: recorder.tracer });
  await recorder.tracer.startActiveSpan("request", async (request) => {
    const lock = await locker.acquire(key, { ttl: 900, autoExtend: true });
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
  await locker.withLock(key, { ttl: 900 }, () => extended);
  expect(recorder.tree()).toEqual([
    "distlock.withLock",
    "  distlock.acquire",
    "    command acquire",
    "command extend",
    "  distlock.release",
    "    command release",
  ]);
});
