import { randomUUID } from "node:crypto";
import type { Locker } from "@distlock/core";
import { type RedisServer, startRedis } from "@distlock/testing";
import { afterAll, afterEach, expect, test } from "vitest";
import { createLockers } from "../support/lockers";
import { refuseUnhandledRejections } from "../support/unhandled";
import { testSeveralKeys } from "./several-keys";

const server = await startRedis();
const lockers = createLockers();

refuseUnhandledRejections();
afterEach(lockers.end);
afterAll(() => server.stop());

for (const client of ["ioredis 6.0.0", "redis 6.3.1"]) {
  testSeveralKeys({ what: "one server", client, url: server.url, tagged: false, nodeOf: () => server });
}

const open = async (): Promise<Locker> => (await lockers.open("ioredis 6.0.0", server.url)).locker;

test("several keys of one slot cost one command to acquire and one to release", async () => {
  const locker = await open();
  const keys = Array.from({ length: 20 }, () => randomUUID());
  const commands = async (of: RedisServer) => {
    const stats = String(await of.command("INFO", "commandstats"));
    return [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
  };
  await (await locker.acquire(keys)).release();
  const before = await commands(server);
  await (await locker.acquire(keys)).release();
  expect((await commands(server)) - before).toBe(2);
});

test("refuses what can't be locked together, before anything is sent", async () => {
  const locker = await open();
  const before = await server.command("INFO", "commandstats");
  const many = Array.from({ length: 101 }, (_, i) => `k${i}`);
  for (const [keys, message] of [
    [[], /there must be 1 to 100 different keys, got 0/],
    [many, /there must be 1 to 100 different keys, got 101/],
    [["a", ""], /must not be empty/],
    [["a", "b}c"], /outside a \{hash tag\}/],
    [["a", "{a}~fence"], /companion/],
  ] as const) {
    await expect(locker.acquire(keys)).rejects.toThrow(message);
    await expect(locker.tryAcquire(keys)).rejects.toThrow(RangeError);
    await expect(locker.withLock(keys, () => {})).rejects.toThrow(RangeError);
  }
  await expect(locker.acquire(["a", 1 as never])).rejects.toThrow(TypeError);
  await expect(locker.acquire(new Set(["a"]) as never)).rejects.toThrow(/a string or an array of strings/);
  const sent = (info: unknown) => /cmdstat_eval.*/.exec(String(info))?.[0];
  expect(sent(await server.command("INFO", "commandstats"))).toBe(sent(before));
});
