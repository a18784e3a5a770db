import { Command, InvalidArgumentError, Option } from "commander";
import { type Library, libraries } from "./library";
import { redisUrl } from "./redis-url";

export interface DemoOptions {
  /** A running Redis to play on; without it one is started. */
  redisUrl?: string;
  /** Turns that all instances write together, in each of the two runs. */
  turns: number;
  /** The client library of all instances; without it two are on each. */
  client?: Library;
}

const MIN_TURNS = 40;
const MAX_TURNS = 2_000;

function turns(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= MIN_TURNS && number <= MAX_TURNS) return number;
  throw new InvalidArgumentError(`It must be an integer from ${MIN_TURNS} to ${MAX_TURNS}.`);
}

/** Reads the command line. Ends the process on `--help`, and with one sentence on what it does not understand. */
export function parseOptions(args: readonly string[]): DemoOptions {
  const program = new Command("demo")
    .description("Four instances of an agent write to one conversation: first without a lock, then with LockedMemory.")
    .option("--redis-url <url>", "play on this Redis; without it one is started, and ended with the demo", redisUrl)
    .option("--turns <n>", `turns that all instances write together, ${MIN_TURNS} to ${MAX_TURNS}`, turns, 200)
    .addOption(
      new Option("--client <library>", "the client library of all instances; without it two are on each").choices(
        libraries,
      ),
    );
  // "pnpm demo -- --turns 60" hands the "--" on.
  return program.parse(args[0] === "--" ? args.slice(1) : args, { from: "user" }).opts<DemoOptions>();
}
