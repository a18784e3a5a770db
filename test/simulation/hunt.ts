import { parseArgs } from "node:util";
import { planOf } from "./plan";
import { quiet } from "./quiet";
import { run } from "./run";
import { type ScenarioName, scenarios } from "./scenario";

/**
 * Plays seeds of all scenarios in turn, for so many seconds of one core, and prints the first one that breaks a promise.
 * `mutant.mjs` runs this on mutated code. `--scenario`: plays only this one.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    scenario: { type: "string" },
  },
});
const names = (values.scenario === undefined ? Object.keys(scenarios) : [values.scenario]) as ScenarioName[];
const spent = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

quiet();
let rejected: unknown;
process.on("unhandledRejection", (error) => {
  rejected ??= error;
});

for (let round = 0; spent() < Number(values.seconds); round++) {
  const scenario = names[round % names.length]!;
  const seed = Number(values.seed) + Math.floor(round / names.length);
  const [violation] = (await run({ ...planOf(seed, scenarios[scenario]), isStrict: true })).violations;
  const why = violation ? `${violation.rule}: ${violation.why}` : rejected && `nobody handled ${rejected}`;
  if (!why) continue;
  console.log(JSON.stringify({ seed, scenario, why, seconds: spent() }));
  break;
}
