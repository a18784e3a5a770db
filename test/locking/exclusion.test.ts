import { randomUUID } from "node:crypto";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, describe, expect, test } from "vitest";
import { newest } from "../support/clients";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { startWorker } from "../support/worker";

const server = await startRedis();
const redis = new Redis(server.url);

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

async function count(mode: "locked" | "bare" | "several", names: readonly string[]): Promise<number> {
  const key = `counter:${randomUUID()}`;
  const workers = names.map((name) =>
    startWorker("count", name, server.url, key, mode === "several" ? "100" : "250", mode),
  );
  await Promise.all(workers.map((worker) => worker.next()));
  for (const worker of workers) worker.process.send("go");
  expect(await Promise.all(workers.map((worker) => worker.ended))).toEqual([0, 0, 0, 0]);
  const counters = mode === "several" ? [0, 1, 2].map((i) => `${key}:${i}`) : [key];
  const values = await Promise.all(counters.map((counter) => redis.get(counter)));
  return values.reduce((sum, value) => sum + Number(value), 0);
}

describe("4 processes add 250 times each to a counter that they read and write", () => {
  test.each(newest)("to 1,000 under the lock, all on %s", async (client) => {
    expect(await count("locked", Array(4).fill(client))).toBe(1_000);
  });

  test("to 1,000 under the lock, each on another client", async () => {
    expect(await count("locked", oldestAndNewest)).toBe(1_000);
  });

  test("or to two of three at a time, 800 in all, under one lock of both, named in either order", async () => {
    expect(await count("several", oldestAndNewest)).toBe(800);
  });

  test("to less without the lock", async () => {
    expect(await count("bare", oldestAndNewest)).toBeLessThan(1_000);
  });
});
