import { Command, InvalidArgumentError, Option, type ParseOptionsResult } from "commander";
import { redisOptions, withRedis } from "../connection/options";
import { EXIT } from "../exit-codes";
import { parseDuration } from "../output/duration";

const notes = `
Several keys are one lock: all or none. They are separated by commas or blanks; --literal allows commas in keys.

The command is started without a shell. It finds its key and its fence in DISTLOCK_KEY and DISTLOCK_FENCE; several keys
are in DISTLOCK_FENCES, as JSON. Pass the fence to what the lock protects. The lock is released when the command has
ended, never before. What the command leaves running in the background runs on without the lock: let it wait.

With --once the key stays taken until the period is over, counted from the start of the command, if the command ends with code 0.
Otherwise another run may start at once. Let the period be shorter than the interval of cron by a few seconds. There is one
attempt: if another machine runs the command, or ran it in this period, --conflict-exit-code is the exit code.

If the lock is lost (somebody freed it, Redis is gone, this program stood still), the command and all that it started
get TERM when the lease ends, and KILL after --kill-after. Until then another holder may run beside them. A daemon that
has left its parent and its session is not found.

Signals: the command has a process group of its own, which receives HUP, INT, QUIT, TERM, USR1, USR2, WINCH, CONT and
Ctrl-Z. With --foreground the terminal sends INT, QUIT and WINCH to the command itself, and only the others are passed
on: send TERM. A signal before the command runs ends the wait. Ctrl-Z stops distlock too: nobody extends the lease
meanwhile, so after "fg" the lock may be lost, and the command is stopped then. nohup belongs behind the "--".

--json: {"time", "message"}. Standard output is the command's own.

kill -9 of distlock leaves the command running; the key is free after the ttl. In a systemd unit, leave
KillMode=control-group as it is: it stops both.`;

const examples = `

Examples:
  $ distlock run cron:nightly --no-wait -- ./nightly.sh
  $ distlock run cron:nightly --no-wait --conflict-exit-code 0 -- ./nightly.sh
  $ distlock run report:nightly --once 23h --conflict-exit-code 0 -- ./report.sh
  $ distlock run deploy:api --wait 10m --verbose -- ./deploy.sh production
  $ distlock run account:1 account:2 --ttl 10s --kill-after 2s -- ./transfer.sh`;

/** Everything behind the first `--` is the command, whatever it looks like. */
class RunCommand extends Command {
  behind: readonly string[] = [];

  override parseOptions(args: string[]): ParseOptionsResult {
    const at = args.indexOf("--");
    if (at < 0) return super.parseOptions(args);
    this.behind = args.slice(at + 1);
    return super.parseOptions(args.slice(0, at));
  }
}

/** What an exit code can be. */
function parseCode(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) > 255) throw new InvalidArgumentError("An exit code is from 0 to 255.");
  return Number(text);
}

function parseCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It is a whole number, 0 or more.");
  return Number(text);
}

/** `once` in the core has these bounds. */
function parsePeriod(text: string): number {
  const ms = parseDuration(text);
  if (ms < 3 || ms > 366 * 86_400_000) throw new InvalidArgumentError("A period is from 3ms to 366d.");
  return ms;
}

const duration = (flags: string, description: string): Option =>
  new Option(flags, description).argParser(parseDuration);

const declared = (): RunCommand =>
  new RunCommand("run")
    .description("Runs a command under a lock, as flock does, but for many machines.")
    .usage("<key>[,<key>...] [options] -- <command> [argument...]")
    .argument("<key...>", "the key of the lock, or several keys")
    .option("--literal", "a comma is a part of the key")
    .addOption(duration("-w, --wait <duration>", "the longest wait (default: no limit, as flock)"))
    .option("-n, --no-wait", "one attempt: do not wait for the lock")
    .addOption(
      new Option("--once <period>", "run the command at most once per period, over all machines").argParser(
        parsePeriod,
      ),
    )
    .addOption(
      new Option("-E, --conflict-exit-code <code>", "the exit code if the lock was not acquired; 0 is silent")
        .argParser(parseCode)
        .default(EXIT.notAcquired.code),
    )
    .addOption(duration("--ttl <duration>", "the lease, extended while the command runs").default(30_000, "30s"))
    .addOption(duration("--max-hold <duration>", "after this time the lock is lost (default: no limit)"))
    .option("--label <text>", "names the holder for others, 48 bytes (default: user@host:pid command)")
    .addOption(
      new Option("--wait-replicas <count>", "how many replicas must acknowledge the lock").argParser(parseCount),
    )
    .addOption(
      duration("-k, --kill-after <duration>", "the time between TERM and KILL when the lock is lost").default(
        5_000,
        "5s",
      ),
    )
    .addOption(
      new Option("--on-lost <action>", "what happens to the command when the lock is lost")
        .choices(["term", "ignore"])
        .default("term"),
    )
    .option("--foreground", "share the terminal with the command (default: if standard input is a terminal)")
    .option("--no-foreground", "give the command a process group of its own")
    .option("--json", "print the messages of distlock as lines of JSON, on standard error")
    .option("--no-color", "has no effect: the messages have no colours")
    .option("-v, --verbose", "say when the lock is waited for, and when it is acquired");

export function runCommand(): Command {
  const run: RunCommand = declared();
  return withRedis(run)
    .addHelpText("after", notes + examples)
    .action(async (keys: readonly string[], options) => {
      const [name, ...args] = run.behind;
      if (name === undefined) run.error("error: there is no command: write -- and the command behind the options");
      if (options.once !== undefined && (keys.length > 1 || (!options.literal && keys[0]!.includes(","))))
        run.error("error: --once takes one key");
      if (options.once !== undefined && typeof options.wait === "number")
        run.error("error: --once makes one attempt: leave --wait out");
      const { run: runUnderLock } = await import("../run/run");
      await runUnderLock(keys, [name, ...args], { ...options, ...redisOptions(options) });
    });
}
