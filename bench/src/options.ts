import { Command, Option } from "commander";

export const parts = ["cycle", "hot", "renewal", "memory", "waiting", "observing"] as const;
export type Part = (typeof parts)[number];

export interface BenchOptions {
  readonly quick: boolean;
  /** The only part to run. */
  readonly only?: Part;
}

/** Reads the command line. Ends the process on `--help`, and with one sentence on what it does not understand. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const program = new Command("bench")
    .description(
      "Measures this library beside others, on a Redis of its own: the cycle of an acquire and a release, one hot key, " +
        "10 000 locks under renewal, turns of a memory beside the same work without locks, what waiting costs where it is " +
        "much, and what observers cost. A full run takes about 25 minutes, and writes its tables, its pictures and its numbers to bench/results, and ten of " +
        "the numbers to bench/README.md; so do runs of the memory, of waiting or of observing alone. Other runs print, and write to " +
        "bench/results/partial.",
    )
    .option("--quick", "a few rounds, to see that all works; the numbers are worth little", false)
    .addOption(new Option("--only <part>", "run one part").choices(parts));
  // "pnpm bench -- --quick" hands the "--" on.
  return program.parse(args[0] === "--" ? args.slice(1) : args, { from: "user" }).opts<BenchOptions>();
}
