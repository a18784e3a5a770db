import type { Argument, Command, Option } from "commander";

/** An option of a command, as completions and the manual page need it. */
export interface OptionModel {
  /** As the help shows it: `-w, --wait <duration>`. */
  readonly flags: string;
  readonly short: string | undefined;
  readonly long: string | undefined;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  readonly description: string;
  /** The heading under which the help shows it. */
  readonly group: string;
}

export interface ArgumentModel {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly variadic: boolean;
  readonly choices: readonly string[];
}

export interface CommandModel {
  readonly name: string;
  readonly description: string;
  /** What stands behind the name in the help. */
  readonly usage: string;
  readonly options: readonly OptionModel[];
  readonly arguments: readonly ArgumentModel[];
  /** Whether another command follows a `--`. */
  readonly runsCommand: boolean;
  /** What the help says below the options: notes and examples. */
  readonly notes: string;
  readonly commands: readonly CommandModel[];
}

const DEFAULT_GROUP = "Options:";

/** The text with its default, as the help shows it. */
const describedOption = (command: Command, option: Option): string => command.createHelp().optionDescription(option);

const optionModel = (command: Command, option: Option): OptionModel => ({
  flags: option.flags,
  short: option.short,
  long: option.long,
  takesValue: option.required || option.optional,
  choices: option.argChoices ?? [],
  description: describedOption(command, option),
  group: option.helpGroupHeading ?? DEFAULT_GROUP,
});

const argumentModel = (command: Command, argument: Argument): ArgumentModel => ({
  name: argument.name(),
  description: command.createHelp().argumentDescription(argument),
  required: argument.required,
  variadic: argument.variadic,
  choices: argument.argChoices ?? [],
});

/** What the help prints below its own part. Commander keeps it in listeners, so the help is printed, into a list. */
function notesOf(command: Command): string {
  const printed: string[] = [];
  const before = command.configureOutput();
  command.configureOutput({ ...before, writeOut: (text) => void printed.push(text) });
  command.outputHelp();
  command.configureOutput(before);
  const all = printed.join("");
  const own = command.helpInformation();
  return all.slice(all.indexOf(own) + own.length).trim();
}

/** What a command of commander has, down to its own commands. Completions and the manual page are made from it. */
export function modelOf(command: Command): CommandModel {
  const help = command.createHelp();
  return {
    name: command.name(),
    description: command.description(),
    usage: command.usage(),
    options: help.visibleOptions(command).map((option) => optionModel(command, option)),
    arguments: command.registeredArguments.map((argument) => argumentModel(command, argument)),
    runsCommand: / -- /.test(command.usage()),
    notes: notesOf(command),
    commands: help.visibleCommands(command).map(modelOf),
  };
}
