import { EXIT } from "../exit-codes";
import type { CommandModel, OptionModel } from "../model/model";
import { bold, filled, flags, italic, item, paragraph, roff, section, subsection, verbatim } from "./roff";

/** The group of options that several commands have. The page shows it once. */
const SHARED = "Redis:";

const optionItem = (option: OptionModel): string => item(flags(option.flags), option.description);

const optionsOf = (command: CommandModel, isShared: boolean): string[] =>
  command.options.filter(({ group }) => (group === SHARED) === isShared).map(optionItem);

const synopsis = (program: string, { name, usage }: CommandModel): string =>
  `${bold(`${program} ${name}`)} ${italic(usage)}`;

function commandPart(program: string, command: CommandModel): string[] {
  return [
    subsection(command.name),
    synopsis(program, command),
    paragraph(filled(command.description)),
    ...command.arguments
      .filter(({ description }) => description !== "")
      .map((each) => item(italic(each.name), each.description)),

    ...optionsOf(command, false),
    ...(command.notes === "" ? [] : [verbatim(command.notes)]),
  ];
}

const exitStatus = [
  ...Object.values(EXIT).map(({ code, meaning }) => item(bold(String(code)), meaning)),
  item(`${bold("128")}+${italic("n")}`, "the command was ended by signal n"),
  item(italic("other"), "the exit code of the command that run has started"),
];

const environment = [
  item(bold("DISTLOCK_URL"), "where Redis is, if there is no --url"),
  item(bold("REDIS_URL"), "where Redis is, if there is neither --url nor DISTLOCK_URL"),
  item(bold("NO_COLOR"), "no colours, as with --no-color"),
];

/** The page of the manual of a program, for section 1. */
export function page({ name, description, options, commands }: CommandModel, version: string): string {
  const documented = commands.filter((command) => command.name !== "help");
  const shared = documented.map((command) => optionsOf(command, true)).find((list) => list.length > 0) ?? [];
  const lines = [
    `.TH ${name.toUpperCase()} 1 "" "${name} ${version}" "User Commands"`,
    section("NAME"),
    `${name} \\- ${roff(description.replace(/\.$/, ""))}`,
    section("SYNOPSIS"),
    documented.map((command) => synopsis(name, command)).join("\n.br\n"),
    section("DESCRIPTION"),
    filled(
      "distlock takes locks in Redis. Every process that takes the same keys on the same Redis, by this command or by the libraries of distlock for Node.js, excludes the others. Data is written to standard output, and everything else to standard error.",
    ),
    section("OPTIONS"),
    ...options.map(optionItem),
    section("COMMANDS"),
    ...documented.flatMap((command) => commandPart(name, command)),
    section("REDIS OPTIONS"),
    "Every command that talks to Redis has these options.",
    ...shared,
    section("EXIT STATUS"),
    ...exitStatus,
    section("ENVIRONMENT"),
    ...environment,
    section("SEE ALSO"),
    `${bold("flock")}(1), ${bold("redis-cli")}(1)`,
  ];
  return `${lines.join("\n")}\n`;
}
