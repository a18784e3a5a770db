import type { Redis } from "ioredis-6";
import { expect } from "vitest";
import { machineClock } from "./machine-clock";
import { waitersOf } from "./queue-key";
import { until } from "./until";

/** Keys and waiters of a lock that nobody holds or waits for, besides what is meant to stay for a while. */
export async function leftBehind(redis: Redis, key: string): Promise<string[]> {
  const names = (await redis.keys(`*${key}*`)).filter((name) => !/~(fence|queue1)$/.test(name));
  return [...names, ...(await waitersOf(redis, key))];
}

const clock = machineClock();

/** What "within a second" may cost, in ms; far below the ttl that an orphan would live for. */
const SOON = 2_000;

/** Expects that nothing is left of a lock that was given up, soon after now. */
export async function expectSoonFree(redis: Redis, key: string): Promise<void> {
  const began = clock();
  await until(async () => clock() - began > SOON || (await leftBehind(redis, key)).length === 0);
  expect(await leftBehind(redis, key)).toEqual([]);
}
