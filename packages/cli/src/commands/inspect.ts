import { Command } from "commander";
import { redisOptions, withRedis } from "../connection/options";
import { withOutput } from "../output/options";

const notes = `
It looks twice at a held lock, 1 s apart, to see whether the lease is extended; with --json or --quiet it looks once.

--json: {"key", "held", "remaining", "fence", "waiting", "holder": {"label"?, "since"?, "link"?} or null,
  "waiters": [the first 20, like holder], "granted": the last grant or null, "now"}. Times are ms, by the server's clock.
  The holder is {} where another library has the lock. The fence is then one of an earlier hold.

Examples:
  $ distlock inspect cron:nightly
  $ distlock inspect cron:nightly --json | jq .holder.label
  $ distlock inspect cron:nightly --quiet && echo "still running"`;

export const inspectCommand = (): Command =>
  withRedis(
    withOutput(
      new Command("inspect")
        .description(
          "Shows who holds a lock, since when, how much of its lease is left, and who waits. Exit code 0: held, 1: free.",
        )
        .argument("<key>", "the key of the lock")
        .option("-q, --quiet", "print nothing: only the exit code"),
      "print one line of JSON",
    ),
  )
    .addHelpText("after", notes)
    .action(async (key: string, options) => {
      const { inspect } = await import("../inspect/inspect");
      process.exitCode = await inspect(key, { ...options, ...redisOptions(options) });
    });
