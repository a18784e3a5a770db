import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { traced } from "@distlock/otel";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { createRecorder, expectFailed, expectGood } from "./recorder";

const key = "memory:session-123";
const server = await startRedis();
const clients = [new Redis(server.port), new Redis(server.port)] as const;

afterAll(async () => {
  for (const client of clients) client.disconnect();
  await server.stop();
});

test("a trace over a real server", async () => {
  const recorder = createRecorder();
  const [mine, others] = clients.map((client) =>
    traced(createLocker(recorder.instrumented(ioredisDriver(client))), { tracer: recorder.tracer }),
  );
  const error = await mine!
    .withLock(key, async (lock) => {
      expect(await others!.tryAcquire(key)).toBeNull();
      await lock.extend(60_000);
      await others!.forceRelease(key);
    })
    .catch((error: Error) => error);

  expect(recorder.tree()).toEqual([
    "distlock.withLock",
    "  distlock.acquire",
    "    command acquire",
    "  distlock.acquire",
    "    command acquire",
    "  distlock.extend",
    "    command extend",
    "  distlock.release",
    "    command release",
  ]);
  expect(recorder.all("distlock.acquire").map(({ attributes }) => attributes["distlock.acquired"])).toEqual([
    true,
    false,
  ]);
  for (const span of [...recorder.all("distlock.acquire"), recorder.one("distlock.extend")]) expectGood(span);
  expectFailed(recorder.one("distlock.release"), "LOCK_LOST", (error as Error).message);
  recorder.check();
});
