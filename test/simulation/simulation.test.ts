import { afterAll, beforeAll, expect, test } from "vitest";
import { planOf } from "./plan";
import { quiet } from "./quiet";
import { run } from "./run";
import { type ScenarioName, scenarios } from "./scenario";

/** How many seeds of the default scenario are played. The day chooses the first one, unless the environment does. */
const FEW = 12;
/** This seed keeps every habit, too. A seed that breaks a habit is looked at, and need not be a bug. */
const STRICT_SEED = 1;
const today = Math.floor(Date.now() / 86_400_000) * 1_000;
const first = Number(process.env.SIMULATION_SEED ?? today);

/** Seeds that once broke a promise, and why. */
const regressions: readonly (readonly [seed: number, scenario: ScenarioName, why: string])[] = [
  [139, "default", "remaining() was negative: the process stood still between two looks at the clock"],
  [8, "messages", "a reply that a message had overtaken did not make the lease longer"],
  [2, "listeners", "a lock went on beside a later lock of its key in one locker"],
  [1_020, "default", "a grant to a token that its call had replaced was kept"],
];

/** Enough for a machine that is busy with other work. */
const patience = { timeout: 180_000 };

let loud: () => void;
beforeAll(() => {
  loud = quiet();
});
afterAll(() => loud());

async function broken(seed: number, scenario: ScenarioName, isStrict: boolean): Promise<string[]> {
  const { violations } = await run({ ...planOf(seed, scenarios[scenario]), isStrict });
  const command = `pnpm simulate -- --seed ${seed} --scenario ${scenario}${isStrict ? " --strict" : ""}`;
  return violations.map(({ rule, why }) => `${rule}: ${why} (${command})`);
}

test.each(Object.keys(scenarios) as ScenarioName[])(
  "every promise is kept in the scenario %s",
  patience,
  async (name) => {
    const count = name === "default" ? FEW : 2;
    for (let seed = first; seed < first + count; seed++) expect(await broken(seed, name, false)).toEqual([]);
    expect(await broken(STRICT_SEED, name, true)).toEqual([]);
  },
);

test.each(regressions)("seed %i of the scenario %s keeps every promise: %s", patience, async (seed, scenario) => {
  expect(await broken(seed, scenario, true)).toEqual([]);
});

test("a seed is one history, to the event", patience, async () => {
  const once = async () => JSON.stringify((await run(planOf(7, scenarios.default))).history);
  const [one, two] = [await once(), await once()];
  expect(one.length).toBeGreaterThan(100_000);
  expect(one === two).toBe(true);
});
