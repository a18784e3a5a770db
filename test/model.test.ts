import { type RedisServer, startRedis } from "@distlock/testing";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { doStep, type Step, step } from "./model/steps";
import { createWorld } from "./model/world";

vi.mock("../packages/core/src/times", async () => import("./model/times"));
vi.mock("../packages/core/src/within", async (original) => ({
  ...(await original<typeof import("../packages/core/src/within")>()),
  ANSWER_TIMEOUT: (await import("./model/times")).ANSWER_TIMEOUT,
}));

const { MODEL_SEED, MODEL_RUNS } = process.env;
const seed = MODEL_SEED === undefined ? Date.now() % 2 ** 31 : Number(MODEL_SEED);
const runs = Number(MODEL_RUNS ?? 160);
/** A run mostly waits, so that some fit beside each other. */
const LANES = 8;

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

async function holds(steps: readonly Step[]): Promise<void> {
  const world = await createWorld(server.url, { keys: 2, actors: 3 });
  try {
    for (const one of steps) {
      await doStep(world, one);
      await world.look();
    }
    await world.settle();
    expect(world.wrongs()).toEqual([]);
  } finally {
    await world.end();
  }
}

test(`whatever goes wrong: one holder, rising fences, the order kept, nobody stranded, nothing left (MODEL_SEED=${seed} MODEL_RUNS=${runs})`, {
  timeout: 60_000 + runs * 1_500,
}, async () => {
  const lanes = Array.from({ length: LANES }, (_, lane) =>
    fc.assert(fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 40, size: "max" }), holds), {
      seed: seed + lane,
      numRuns: Math.ceil(runs / LANES),
      interruptAfterTimeLimit: 60_000 + runs * 1_000,
      endOnFailure: false,
    }),
  );
  await Promise.all(lanes);
});
