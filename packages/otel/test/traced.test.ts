import { createLocker, type Locker } from "@distlock/core";
import { lockerIdentity } from "@distlock/core/driver";
import { instrument, traced } from "@distlock/otel";
import { trace } from "@opentelemetry/api";
import { expect, onTestFinished, test } from "vitest";
import packageJson from "../package.json";
import { createRecorder } from "./recorder";

const key = "order:123";
const TREE = [
  "distlock.withLock",
  "  distlock.acquire",
  "  distlock.hold",
  "    distlock.extend",
  "  distlock.release",
];
const work = (locker: Locker) => locker.withLock(key, (lock) => lock.extend(60_000));
const tree = (recorder: ReturnType<typeof createRecorder>) =>
  recorder.tree().filter((name) => name.includes("distlock."));

test("the locker that is traced has spans, with extensions, and others have none", async () => {
  const recorder = createRecorder();
  const [mine, other] = [createLocker(recorder.instrumented()), createLocker(recorder.instrumented())];
  const locker = traced(mine, { tracer: recorder.tracer });
  expect(locker[lockerIdentity]).toBe(mine[lockerIdentity]);
  await work(other);
  expect(tree(recorder)).toEqual([]);
  await work(locker);
  expect(tree(recorder)).toEqual(TREE);
  recorder.check();
});

test("it has its spans once, even where everything is instrumented, and where it is traced twice", async () => {
  const [own, all] = [createRecorder(), createRecorder()];
  using _ = instrument({ tracerProvider: all.provider });
  const locker = traced(traced(createLocker(own.instrumented()), { tracer: own.tracer }), { tracer: own.tracer });
  await work(locker);
  expect(tree(own)).toEqual(TREE);
  expect(tree(all)).toEqual([]);
});

test("a provider that is registered later is used, with the name and version of the package", async () => {
  const recorder = createRecorder();
  const locker = traced(createLocker(recorder.instrumented()));
  await work(locker);
  trace.setGlobalTracerProvider(recorder.provider);
  onTestFinished(() => trace.disable());
  await work(locker);
  expect(recorder.one("distlock.withLock").instrumentationScope).toMatchObject({
    name: "@distlock/otel",
    version: packageJson.version,
  });
});

test("what is not a locker, or has no identity, is refused", () => {
  expect(() => traced({} as Locker)).toThrow(/traced needs a locker/);
  const { [lockerIdentity]: _, ...own } = createLocker(createRecorder().instrumented());
  expect(() => traced(own)).toThrow(/identity/);
});
