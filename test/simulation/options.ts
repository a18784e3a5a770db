import { Command, InvalidArgumentError, Option } from "commander";
import { large } from "./large";
import { type ScenarioName, scenarios } from "./scenario";

export interface SimulateOptions {
  readonly seed: number;
  readonly seeds: number | undefined;
  readonly minutes: number | undefined;
  readonly scenario: ScenarioName | keyof typeof large;
  readonly processes: number | undefined;
  readonly rage: number | undefined;
  readonly faults: readonly number[] | undefined;
  readonly history: string | undefined;
  readonly coverage: boolean;
  readonly strict: boolean;
}

const integer =
  (lowest: number) =>
  (text: string): number => {
    if (!/^\d{1,9}$/.test(text) || Number(text) < lowest)
      throw new InvalidArgumentError(`It must be an integer, ${lowest} or more.`);
    return Number(text);
  };

const minutes = (text: string): number => {
  if (!(Number(text) > 0 && Number(text) < 10_000)) throw new InvalidArgumentError("It must be a number of minutes.");
  return Number(text);
};

const list = (text: string): number[] => (text === "none" ? [] : text.split(",").map(integer(0)));

const all = { ...scenarios, ...large };

const about = Object.entries(all)
  .map(([name, scenario]) => `  ${name.padEnd(10)} ${scenario.about}`)
  .join("\n");

/** Reads the command line. Ends the process after `--help`, and after a mistake, which one sentence explains. */
export function parseOptions(args: readonly string[]): SimulateOptions {
  const program = new Command("simulate")
    .description(
      "Runs the real lockers of many processes against a simulated server, network and time. All random choices come from the " +
        "seed: a seed is always the same run, event by event. It ends at the first seed that breaks a promise, looks for the " +
        "smallest run that still breaks it, and prints what happens in it.",
    )
    .option("--seed <number>", "the first seed; by default a number from the clock", integer(0), Date.now() % 1_000_000)
    .option("--seeds <number>", "how many seeds; by default 1 with --seed, and 100 without", integer(1))
    .option("--minutes <number>", "begin no further seed after so many minutes", minutes)
    .addOption(new Option("--scenario <name>", "what to simulate").choices(Object.keys(all)).default("default"))
    .option("--strict", "check habits, too: a violation of one is a reason to look, and not yet a bug", false)
    .option("--coverage", "show how often each kind of fault met each state of a call", false)
    .option("--history <file>", "write every event of the last run to a file, one line of JSON each")
    .option("--processes <number>", "how many processes; by default as many as the scenario says", integer(1))
    .option("--rage <ms>", "how long the faults last; by default as long as the scenario says", integer(0))
    .option("--faults <numbers>", 'only the faults of the plan with these numbers, such as "3,7", or "none"', list)
    .addHelpText("after", `\nScenarios:\n${about}`);
  // `pnpm simulate -- --seed 1` passes the "--" on to this program.
  const parsed = program.parse(args[0] === "--" ? args.slice(1) : args, { from: "user" });
  const options = parsed.opts<SimulateOptions>();
  const isChosen = parsed.getOptionValueSource("seed") === "cli";
  const seeds = options.seeds ?? (options.minutes !== undefined ? undefined : isChosen ? 1 : 100);
  return { ...options, seeds };
}
