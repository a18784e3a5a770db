import { Command, InvalidArgumentError, Option } from "commander";
import { redisOptions, withRedis } from "../connection/options";
import { ORDERS } from "../list/select";
import { parseGlob } from "../locks/glob";
import { parseDuration } from "../output/duration";
import { withOutput } from "../output/options";

const notes = `
Pattern: * is any text, ? one character, [abc] or [a-z] one of these, [^a] another one; \\ before a character is itself.
Ages are by the clock of the Redis server. A lock that only other libraries have taken is not found: inspect works on it.
It scans the keys of every primary without blocking it. Ctrl-C prints the locks that were found so far.

--json: {"key", "held", "remaining", "fence", "waiting", "holder": {"label"?, "since"?, "link"?} or null,
  "waiters": [the first 20, like holder], "granted": the last grant or null, "now"}. Times are ms, by the server's clock.

Examples:
  $ distlock ls
  $ distlock ls 'cron:*' --all
  $ distlock ls --waiting --sort waiting
  $ distlock ls --older 10m --json | jq -r .key`;

function parseLimit(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("A limit is a whole number; 0 lists all.");
  return Number(text);
}

export const lsCommand = (): Command =>
  withRedis(
    withOutput(
      new Command("ls")
        .description("Lists the locks that are held or waited for.")
        .argument("[pattern]", "the keys to list (default: all)", parseGlob)
        .option("--all", "list free locks too, if they were granted in the last day")
        .option("--waiting", "list only locks that somebody waits for")
        .addOption(
          new Option("--older <duration>", "list only locks that have been held for so long").argParser(parseDuration),
        )
        .addOption(
          new Option("--sort <order>", "the longest held, the most waiters, or the least lease left first")
            .choices(ORDERS)
            .default("age"),
        )
        .addOption(
          new Option("--limit <number>", "how many to list; 0 lists all").argParser(parseLimit).default(100, "100"),
        ),
      "print one line of JSON for each lock",
    ),
  )
    .addHelpText("after", notes)
    .action(async (glob, options) => {
      const { list } = await import("../list/list");
      process.exitCode = await list(glob ?? parseGlob("*"), { ...options, ...redisOptions(options) });
    });
