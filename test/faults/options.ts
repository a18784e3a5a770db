import { Command, InvalidArgumentError } from "commander";

export interface FaultsOptions {
  readonly seed: number;
  readonly minutes: number;
  /** Without locks. */
  readonly bare: boolean;
}

const seed = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be an integer from 0 to 999999999.");
  return Number(text);
};

const minutes = (text: string): number => {
  if (!(Number(text) >= 0 && Number(text) < 10_000)) throw new InvalidArgumentError("It must be a number of minutes.");
  return Number(text);
};

/** Reads the command line. Ends the process on `--help`, and with one sentence on what it does not understand. */
export function parseOptions(args: readonly string[]): FaultsOptions {
  const program = new Command("faults")
    .description(
      "Lets worker processes with the oldest and newest supported clients acquire, hold and release locks on a Redis of their own, while workers " +
        "are killed, frozen and stalled, Redis is paused, killed and emptied, and connections are cut, delayed and swallowed. " +
        "Then it checks what they wrote down: whether two ever held one lock, whether anybody believed wrongly, and so on. It " +
        "goes round by round, each with the next seed and with all faults once, and ends at the first round that proves " +
        "something wrong, with the seed that plays it again.",
    )
    .option("--seed <number>", "of the first round; chance by default", seed, Date.now() % 1_000_000)
    .option("--minutes <number>", "begin no further round after so much time; 0 is one round", minutes, 10)
    .option("--bare", "without locks, to see that the check then fails", false);
  // "pnpm faults -- --seed 1" hands the "--" on.
  return program.parse(args[0] === "--" ? args.slice(1) : args, { from: "user" }).opts<FaultsOptions>();
}
