import { createLocker } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { traced } from "@distlock/otel";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { createRecorder, expectGood } from "./recorder";

const key = "order:123";
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
    "  distlock.hold",
    "    distlock.acquire",
    "      command acquire",
    "    distlock.extend",
    "      command extend",
    "    distlock.force_release",
    "  distlock.release",
    "    command release",
  ]);
  expect(recorder.all("distlock.acquire").map(({ attributes }) => attributes["distlock.outcome"])).toEqual([
    "granted",
    "busy",
  ]);
  for (const span of [...recorder.all("distlock.acquire"), recorder.one("distlock.extend")]) expectGood(span);
  const hold = recorder.one("distlock.hold");
  expect(hold.events.map(({ name }) => name)).toEqual(["distlock.lost", "exception"]);
  expect(hold.status.message).toBe((error as Error).message);
  expect(recorder.one("distlock.release").attributes["distlock.outcome"]).toBe("lost");
  recorder.check();
});
