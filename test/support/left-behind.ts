import type { Redis } from "ioredis-6";
import { expect } from "vitest";
import { until } from "./until";

/** Keys of a lock that nobody holds or waits for, besides those that are meant to stay for a while. */
export async function leftBehind(redis: Redis, key: string): Promise<string[]> {
  return (await redis.keys(`*${key}*`)).filter((name) => !/~(fence|released|dead:.*)$/.test(name));
}

/** How long "within a second" may take on a busy machine, in ms; far below the ttl of an orphan. */
const SOON = 2_000;

/** Expects that nothing is left of a lock that was given up, soon after now. */
export async function expectSoonFree(redis: Redis, key: string): Promise<void> {
  const began = performance.now();
  await until(async () => performance.now() - began > SOON || (await leftBehind(redis, key)).length === 0);
  expect(await leftBehind(redis, key)).toEqual([]);
}
