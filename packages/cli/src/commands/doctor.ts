import { Command } from "commander";
import { redisOptions, withRedis } from "../connection/options";
import { withOutput } from "../output/options";

const notes = `
--json: {"check", "node", "status": "ok", "warn" or "fail", "reason", "advice"?, "docs"?}

Examples:
  $ distlock doctor --url redis://redis.internal:6379
  $ distlock doctor --keys app:               # for a user who may only use keys that begin so
  $ distlock doctor --json | jq 'select(.status == "fail")'`;

export const doctorCommand = (): Command =>
  withRedis(
    withOutput(
      new Command("doctor")
        .description(
          "Checks whether this Redis is fit for locks: memory, persistence, replicas, clocks, rights, version. Takes and releases a lock of its own. Exit code 0: nothing failed, 1: a check failed.",
        )
        .option("--keys <text>", "how the names of the keys begin that it takes", "distlock:doctor:"),
      "print each finding as a line of JSON",
    ),
  )
    .addHelpText("after", notes)
    .action(async (options) => {
      const { doctor } = await import("../doctor/doctor");
      process.exitCode = await doctor({ ...options, ...redisOptions(options) });
    });
