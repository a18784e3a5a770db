import { afterAll, beforeAll, expect, test } from "vitest";
import { createCoverage } from "./coverage";
import { planOf } from "./plan";
import type { State } from "./process/course";
import { quiet } from "./quiet";
import { holes } from "./report/coverage-table";
import { run } from "./run";
import { type ScenarioName, scenarios } from "./scenario";

/** How many seeds of each scenario meet every pair but the rare ones. */
const budget: Readonly<Partial<Record<ScenarioName, number>>> = { default: 60, several: 30 };

/** A call is in these states for less than a ms now and then: thousands of seeds meet every fault in them, see docs/internals/simulation.md. */
const rare: readonly State[] = ["claiming", "extending"];

let loud: () => void;
beforeAll(() => {
  loud = quiet();
});
afterAll(() => loud());

test("each kind of fault meets each state of a call", { timeout: 300_000 }, async () => {
  const coverage = createCoverage();
  for (const [name, count] of Object.entries(budget))
    for (let seed = 1; seed <= count; seed++)
      coverage.add((await run(planOf(seed, scenarios[name as ScenarioName]))).coverage);
  const often = holes(coverage).filter((pair) => !rare.some((state) => pair.endsWith(`× ${state}`)));
  expect(often).toEqual([]);
});
