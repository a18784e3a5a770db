import { type RedisServer, startRedis } from "@distlock/testing";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { doStep, type Step, step } from "./steps";
import { createWorld } from "./world";

vi.mock("../../packages/core/src/driver/times", () => import("./times"));

const { MODEL_SEED, MODEL_RUNS } = process.env;
const seed = MODEL_SEED === undefined ? Date.now() % 2 ** 31 : Number(MODEL_SEED);
const runs = Number(MODEL_RUNS ?? 160);
/** A run mostly waits, so that some fit beside each other. */
const LANES = 8;
const TIME_PER_RUN = 1_500;

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

test(`holds in ${runs} random runs (MODEL_SEED=${seed} MODEL_RUNS=${runs})`, {
  timeout: 60_000 + runs * TIME_PER_RUN,
}, async () => {
  let hasFailed = false;

  async function holds(steps: readonly Step[]): Promise<void> {
    if (hasFailed) return;
    const world = await createWorld(server.url, { keys: 2, actors: 3 });
    try {
      for (const one of steps) {
        world.history.note(JSON.stringify(one));
        await doStep(world, one);
        await world.look();
      }
      await world.settle();
      expect(world.wrongs(), world.history.story()).toEqual([]);
    } catch (error) {
      hasFailed = true;
      throw error;
    } finally {
      await world.end();
    }
  }

  // A failing list is not made smaller: the same steps take other turns when they are run again.
  const lanes = Array.from({ length: LANES }, (_, lane) =>
    fc.assert(fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 40, size: "max" }), holds), {
      seed: seed + lane,
      numRuns: Math.ceil(runs / LANES),
      endOnFailure: true,
    }),
  );
  for (const result of await Promise.allSettled(lanes)) if (result.status === "rejected") throw result.reason;
});
