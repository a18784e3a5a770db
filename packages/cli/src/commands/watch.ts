import { Command, InvalidArgumentError, Option } from "commander";
import { redisOptions, withRedis } from "../connection/options";
import { parseGlob } from "../locks/glob";
import { parseDuration } from "../output/duration";
import { withOutput } from "../output/options";

const notes = `
In a terminal it fills the screen: the locks, those with the longest wait first, and below them the latest changes. q quits.
Otherwise it prints a line for each change, with tabs between time, event, key, holder and fence. Events:
  held         what the first look finds
  granted      a free lock was taken
  handed-over  the lock went from its holder to a waiter
  released     the lock became free before its lease could have run out
  ended        the lock became free: released, or its lease ran out
Changes that take place and are undone between two looks are not seen. If Redis does not answer, it says so and tries again.

--json: {"time", "event", "key", …}, with the fields that ls --json prints; of a lock that became free, as it was before.

Examples:
  $ distlock watch
  $ distlock watch 'cron:*' --interval 5s
  $ distlock watch --json | jq -r 'select(.event == "ended") | .key'`;

const SHORTEST = 100;

function parseInterval(text: string): number {
  const interval = parseDuration(text);
  if (interval < SHORTEST || interval > 86_400_000) throw new InvalidArgumentError("An interval is 100ms to 1d.");
  return interval;
}

/** Checks a pattern before anything is connected, and keeps it as it was written. */
function checkPattern(text: string): string {
  parseGlob(text);
  return text;
}

export const watchCommand = (): Command =>
  withRedis(
    withOutput(
      new Command("watch")
        .description("Shows the locks that are held or waited for, and what happens to them, until you quit.")
        .argument("[pattern]", "the keys to watch, as for ls (default: all)", checkPattern)
        .addOption(
          new Option("--interval <duration>", "the time between two looks")
            .argParser(parseInterval)
            .default(1_000, "1s"),
        ),
      "print one line of JSON for each change, even in a terminal",
    ),
  )
    .addHelpText("after", notes)
    .action(async (pattern, options) => {
      const { watch } = await import("../watch/watch");
      // A client that still tries to connect would keep the program running.
      process.exit(await watch(pattern ?? "*", { ...options, ...redisOptions(options) }));
    });
