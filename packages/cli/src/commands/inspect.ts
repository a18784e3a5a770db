import { Command } from "commander";
import { redisOptions, withRedis } from "../connection/options";

const examples = `
Examples:
  $ distlock inspect cron:nightly
  $ distlock inspect cron:nightly --json | jq .holder.label
  $ distlock inspect cron:nightly --quiet && echo "still running"`;

export const inspectCommand = (): Command =>
  withRedis(
    new Command("inspect")
      .description(
        "Shows who holds a lock, since when, how much of its lease is left, and who waits. Exit code 0: held, 1: free.",
      )
      .argument("<key>", "the key of the lock")
      .option("-q, --quiet", "print nothing: only the exit code")
      .option("--json", "print one line of JSON"),
  )
    .addHelpText("after", examples)
    .action(async (key: string, options) => {
      const { inspect } = await import("../inspect/inspect");
      process.exitCode = await inspect(key, { ...options, ...redisOptions(options) });
    });
