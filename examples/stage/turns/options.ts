import { Command } from "commander";
import type { Library } from "../library";
import { clientOption, integer, parse, redisUrl } from "../options";

export interface TurnsOptions {
  /** A running Redis to play on; without it one is started. */
  readonly redisUrl?: string;
  /** Turns that all instances write together, in each of the two runs. */
  readonly turns: number;
  /** The client library of all instances; without it two are on each. */
  readonly client?: Library;
}

const MIN_TURNS = 40;
const MAX_TURNS = 2_000;
const turns = integer(MIN_TURNS, MAX_TURNS);

export function parseOptions(args: readonly string[]): TurnsOptions {
  const program = new Command("demo")
    .description("Four instances of an agent write to one conversation: first without a lock, then with LockedMemory.")
    .option("--redis-url <url>", "play on this Redis; without it one is started, and ended with the demo", redisUrl)
    .option("--turns <n>", `turns that all instances write together, ${MIN_TURNS} to ${MAX_TURNS}`, turns, 200)
    .addOption(clientOption("the client library of all instances; without it two are on each"));
  return parse(program, args);
}
