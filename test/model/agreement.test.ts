import { ioredisConnection } from "@distlock/ioredis";
import { type RedisServer, startRedis } from "@distlock/testing";
import fc from "fast-check";
import { Redis } from "ioredis-6";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Command, commands, FENCE_TTLS, MARGIN } from "./command";
import { inProcessDriver, realClock, redisDriver, useClock } from "./core";
import { INBOX_NAMES, KEY_NAMES, TOKEN_NAMES } from "./names";
import { until } from "./scenario";
import { createTwin, type Twin } from "./twin";
import { createClock, createTwins } from "./twins";

const { MODEL_SEED, MODEL_RUNS } = process.env;
const seed = MODEL_SEED === undefined ? Date.now() % 2 ** 31 : Number(MODEL_SEED);
const runs = Number(MODEL_RUNS ?? 120);
const clock = createClock();

let server: RedisServer;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
  useClock({ ...realClock, now: clock.now });
});
afterAll(async () => {
  useClock();
  redis.disconnect();
  await server.stop();
});

/** Shows what is left after a run: the waiters in their order, and the tokens that are refused. */
const ending: readonly Command[] = KEY_NAMES.flatMap((_, key) => [
  ...TOKEN_NAMES.flatMap((): Command[] => [
    ...INBOX_NAMES.map((_, inbox): Command => ({ do: "heartbeat", key, inbox })),
    { do: "release", key, token: "holder", tombstone: false },
  ]),
  ...TOKEN_NAMES.map((_, token): Command => ({ do: "acquire", key, token, ttl: 1_000, wait: "no" })),
]);

/** Runs that once showed a difference. */
const examples: [list: readonly Command[], fenceTtl: number | undefined][] = [
  // A token was refused for the rest of a long lease, and for less after a second copy of its release.
  [
    [
      { do: "acquire", key: 1, token: 0, ttl: 70_500, wait: "no" },
      { do: "release", key: 1, token: 0, tombstone: true },
      { do: "release", key: 1, token: 0, tombstone: true },
      { do: "pass", ms: 60_900 },
      { do: "acquire", key: 1, token: 0, ttl: 1_000, wait: "no" },
    ],
    undefined,
  ],
  // A token was refused for the rest of a long lease by a forced release, and for less after its own release.
  [
    [
      { do: "acquire", key: 0, token: 0, ttl: 70_500, wait: "no" },
      { do: "forceRelease", key: 0, hold: "any" },
      { do: "release", key: 0, token: 0, tombstone: true },
      { do: "pass", ms: 60_900 },
      { do: "acquire", key: 0, token: 0, ttl: 1_000, wait: "no" },
    ],
    undefined,
  ],
];

async function sameMessages(inRedis: Twin, inProcess: Twin): Promise<void> {
  const count = ({ messages }: Twin) => Object.values(messages).flat().length;
  await until("all messages", () => count(inRedis) >= count(inProcess)).catch(() => {});
  expect(inRedis.messages, "the messages of Redis").toEqual(inProcess.messages);
}

test(`the in-process driver does what the scripts do, in ${runs} random runs (MODEL_SEED=${seed} MODEL_RUNS=${runs})`, {
  timeout: 60_000 + runs * 500,
}, async () => {
  async function agree(list: readonly Command[], fenceTtl: number | undefined): Promise<void> {
    await redis.flushall();
    const inRedis = await createTwin(redisDriver(ioredisConnection(redis), { fenceTtl }));
    const inProcess = await createTwin(inProcessDriver({ fenceTtl }));
    const twins = createTwins(inRedis, inProcess, redis, clock);
    try {
      for (const command of [...list, ...ending]) await twins.run(command);
      await sameMessages(inRedis, inProcess);
    } catch (error) {
      // On a machine that stood still, one of them may have seen a lease end and the other one not.
      fc.pre(twins.elapsed() < MARGIN);
      throw error;
    } finally {
      await Promise.all([inRedis.close(), inProcess.close()]);
    }
  }

  await fc.assert(fc.asyncProperty(commands, fc.constantFrom(...FENCE_TTLS), agree), { seed, numRuns: runs, examples });
});
