import { Command, InvalidArgumentError, Option } from "commander";
import { redisOptions, withRedis } from "../connection/options";
import { withOutput } from "../output/options";

const notes = `
It shows the hold that it is about to free, and frees that one and no other: if the lock has gone to the next holder meanwhile, the exit
code is 1. A hold of another library has no fence. It is freed only without --if-fence, and if another hold of such a library begins in
the moment between the last look and the release, that one is freed.
The process of the holder is notified, with the reason: its lock is lost. Work that it does not stop goes on.
Exit code 0: freed, 1: not freed, since the lock is free, or the fence or the label is another one.

--json: as inspect prints it before the release, with "outcome": "freed", "free", "fence", "label", "declined" or "gone", and "reason".

Examples:
  $ distlock release cron:nightly --force
  $ distlock release cron:nightly --force --yes --if-fence 1764208800123456 --reason "host api-7 is gone"
  $ distlock release cron:nightly --force --yes --if-label api-7:4711`;

function parseFence(text: string): number {
  const fence = Number(text);
  if (!/^[1-9]\d*$/.test(text) || !Number.isSafeInteger(fence)) {
    throw new InvalidArgumentError("A fence is a whole number above 0, as inspect prints it.");
  }
  return fence;
}

export const releaseCommand = (): Command =>
  withRedis(
    withOutput(
      new Command("release")
        .description("Frees a lock that is stuck, no matter who holds it.")
        .argument("<key>", "the key of the lock")
        .requiredOption("--force", "take the lock from its holder: required, so that nobody does it by mistake")
        .addOption(new Option("--if-fence <number>", "only if the hold has this fence").argParser(parseFence))
        .option("--if-label <text>", "only if the holder has this label")
        .option("--reason <text>", "why, for the holder's error: at most 200 bytes")
        .option("-y, --yes", "do not ask; required where standard input is not a terminal"),
      "print one line of JSON",
    ),
  )
    .addHelpText("after", notes)
    .action(async (key: string, options) => {
      const { release } = await import("../release/release");
      process.exitCode = await release(key, { ...options, ...redisOptions(options) });
    });
