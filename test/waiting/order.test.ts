import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, describe, expect, test } from "vitest";
import { clients } from "../support/clients";
import { queueOf } from "../support/queue-key";
import { until, untilWaiting } from "../support/until";
import { startWaiting, type WaitingWorker } from "../support/waiting-worker";

const server = await startRedis();
const redis = new Redis(server.url);
const client = await clients["ioredis 6.0.0"]!(server.url);
const locker = createLocker(client.driver);

const names = ["ioredis 5.3.0", "ioredis 5.11.1", "ioredis 6.0.0", "iovalkey 0.4.0"].concat(
  ...["redis 4.6.0", "redis 5.0.0", "redis 5.12.1", "redis 6.3.1"],
);
const processes = await Promise.all(names.map((name) => startWaiting(name, server.url)));

afterAll(async () => {
  await Promise.all(processes.slice(0, 7).map((each) => each.end()));
  await locker.close();
  client.close();
  redis.disconnect();
  await server.stop();
});

/** Has `each` waiters enter per worker, in turns, and resolves when all wait. */
async function interleave(workers: readonly WaitingWorker[], key: string, each: number): Promise<void> {
  const { waiting } = await locker.inspect(key);
  for (let id = 0; id < each * workers.length; id++) {
    workers[id % workers.length]!.acquire(id, key);
    await untilWaiting(locker, key, waiting + id + 1);
  }
}

/** Which waiters were granted, in the order of their fences. */
async function grants(workers: readonly WaitingWorker[], each: number): Promise<number[]> {
  const all = await Promise.all(workers.map((worker) => worker.granted(each)));
  return all
    .flat()
    .sort((a, b) => a.fence - b.fence)
    .map(({ granted }) => granted);
}

describe("10 waiters in each of 4 processes are granted in the order of their arrival", () => {
  test.each([
    ["all on ioredis", processes.slice(0, 4)],
    ["all on node-redis", processes.slice(4)],
    ["2 on ioredis, 2 on node-redis", processes.slice(2, 6)],
  ])("%s", async (_, workers) => {
    const key = `order:${randomUUID()}`;
    const lock = await locker.acquire(key);
    await interleave(workers, key, 10);
    await lock.release();
    expect(await grants(workers, 10)).toEqual(Array.from({ length: 40 }, (__, id) => id));
    expect(await locker.inspect(key)).toMatchObject({ held: false, waiting: 0 });
  });
});

test("waiters of a killed process are skipped all at once, and the others keep their order", async () => {
  const key = `killed:${randomUUID()}`;
  const dead = processes[7]!;
  const living = [processes[1]!, processes[4]!];
  const lock = await locker.acquire(key);
  for (let id = 0; id < 3; id++) dead.acquire(100 + id, key);
  await untilWaiting(locker, key, 3);
  const [sign] = await redis.zrangebyscore(queueOf(key), "-inf", "0");
  await interleave([dead, ...living], key, 5);
  dead.signal("SIGKILL");
  await until(async () => {
    const [[seconds, micros], freshUntil] = await Promise.all([redis.time(), redis.zscore(queueOf(key), sign!)]);
    return Number(seconds) * 1_000 + Number(micros) / 1_000 > -Number(freshUntil);
  });
  expect(await locker.inspect(key)).toMatchObject({ waiting: 18 });
  // The living send no more commands, so only the release changes the queue.
  for (const worker of living) worker.signal("SIGSTOP");
  await lock.release();
  // The first 4 were of the dead process: 3 that came before, and one of each round.
  expect(await locker.inspect(key)).toMatchObject({ held: true, waiting: 13 });
  for (const worker of living) worker.signal("SIGCONT");
  expect(await grants(living, 5)).toEqual([1, 2, 4, 5, 7, 8, 10, 11, 13, 14]);
  expect(await locker.inspect(key)).toMatchObject({ held: false, waiting: 0 });
});
