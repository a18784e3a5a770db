import { Command } from "commander";
import { version } from "../package.json";
import { completionCommand } from "./commands/completion";
import { doctorCommand } from "./commands/doctor";
import { inspectCommand } from "./commands/inspect";
import { lsCommand } from "./commands/ls";
import { releaseCommand } from "./commands/release";
import { runCommand } from "./commands/run";
import { watchCommand } from "./commands/watch";
import { EXIT } from "./exit-codes";

const table = Object.values(EXIT)
  .map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`)
  .join("\n");

const codes = `
Exit codes:
${table}
  128+n  the command was ended by signal n; otherwise the code of the command itself`;

/** The whole command line. Each command loads what it needs when it runs. */
export function program(): Command {
  const distlock = new Command("distlock")
    .description("Locks of distlock, from the command line: run a command under one, see who holds one, free it.")
    .version(version)
    .exitOverride()
    // So that each command sees its arguments as they are: "run" has a "--" in them.
    .enablePositionalOptions()
    .showHelpAfterError("(distlock --help lists the commands and their options)")
    .addHelpText("after", codes);
  const commands = [
    runCommand(),
    lsCommand(),
    inspectCommand(),
    watchCommand(),
    releaseCommand(),
    doctorCommand(),
    completionCommand(),
  ];
  for (const command of commands) distlock.addCommand(command.copyInheritedSettings(distlock));
  return distlock;
}
