import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { showProgress } from "../faults/progress";
import { large } from "./large";
import { parseOptions, type SimulateOptions } from "./options";
import { type Plan, planOf } from "./plan";
import { quiet } from "./quiet";
import { createSummary } from "./report/summary";
import { timeline } from "./report/timeline";
import { run } from "./run";
import { scenarios } from "./scenario";
import { shrink } from "./shrink";

const FEW = 5;
const options = parseOptions(process.argv.slice(2));
const whole = options.minutes === undefined ? Number.POSITIVE_INFINITY : options.minutes * 60_000;
const count = options.seeds ?? Number.POSITIVE_INFINITY;

/** The plan of a seed, with the changes that the command line asks for. */
function planFor(seed: number, { scenario: name, processes, rage, faults, strict }: SimulateOptions): Plan {
  const scenario = { ...scenarios, ...large }[name];
  const plan = planOf(seed, scenario);
  return {
    seed,
    scenario: { ...scenario, ...(processes !== undefined && { processes }), ...(rage !== undefined && { rage }) },
    faults: plan.faults.filter(({ number }) => faults === undefined || faults.includes(number)),
    isStrict: strict,
  };
}

/** The command that plays a plan again. */
function commandFor({ seed, scenario, faults, isStrict }: Plan): string {
  const numbers = faults.map(({ number }) => number).join(",") || "none";
  const { processes, rage } = scenario;
  return `npx -y pnpm@10.34.9 simulate -- --seed ${seed} --scenario ${options.scenario} --processes ${processes} --rage ${rage} --faults ${numbers}${isStrict ? " --strict" : ""}`;
}

quiet();
const rejections: unknown[] = [];
process.on("unhandledRejection", (error) => rejections.push(error));

const progress = showProgress();
const summary = createSummary();
const began = performance.now();
let isBroken = false;

for (let seed = options.seed; summary.seeds < count && performance.now() - began < whole; seed++) {
  const plan = planFor(seed, options);
  const result = await run(plan);
  summary.add(result);
  const part = Math.max(summary.seeds / count, (performance.now() - began) / whole);
  progress.step(part, `seed ${seed}: ${summary.line()}`);
  if (options.history !== undefined) {
    const text = result.history.map((event) => `${JSON.stringify(event)}\n`).join("");
    writeFileSync(resolve(process.env.INIT_CWD ?? ".", options.history), text);
    progress.line(
      `seed ${seed}: ${result.history.length} events, sha256 ${createHash("sha256").update(text).digest("hex")}`,
    );
  }
  if (result.violations.length === 0 && rejections.length === 0) continue;
  isBroken = true;
  const said = result.violations.slice(0, FEW).map(({ rule, why }) => `\n  ${rule}: ${why}`);
  progress.line(
    `seed ${seed} broke a promise:${said.join("")}${rejections.map((why) => `\n  nobody handled ${why}`).join("")}`,
  );
  if (result.violations.length === 0) break;
  const smallest = await shrink({ plan, result }, (tries) =>
    progress.step(part, `looking for a smaller run: ${tries}`),
  );
  const { processes } = smallest.plan.scenario;
  progress.line(
    `\nIn a smaller run (${processes} processes, ${smallest.plan.faults.length} faults): ${smallest.result.violations[0]!.why}\n`,
  );
  progress.line(timeline(smallest.result));
  progress.line(`\nPlay it again: ${commandFor(smallest.plan)}`);
  break;
}
progress.stop();
console.log(summary.line());
console.log(summary.coverage(options.coverage));
process.exitCode = isBroken ? 1 : 0;
