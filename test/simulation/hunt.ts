import { parseArgs } from "node:util";
import { planOf } from "./plan";
import { quiet } from "./quiet";
import { run } from "./run";
import { type ScenarioName, scenarios } from "./scenario";

/** Plays seeds of all scenarios in turn, and prints the first one that breaks a promise. `mutant.mjs` runs this on mutated code. */
const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" } } });
const names = Object.keys(scenarios) as ScenarioName[];
const until = performance.now() + Number(values.seconds) * 1_000;

quiet();
let rejected: unknown;
process.on("unhandledRejection", (error) => {
  rejected ??= error;
});

for (let round = 0; performance.now() < until; round++) {
  const scenario = names[round % names.length]!;
  const seed = 1 + Math.floor(round / names.length);
  const [violation] = (await run(planOf(seed, scenarios[scenario]))).violations;
  const why = violation ? `${violation.rule}: ${violation.why}` : rejected && `nobody handled ${rejected}`;
  if (!why) continue;
  console.log(JSON.stringify({ seed, scenario, why }));
  break;
}
