import type { CommandModel, OptionModel } from "../model/model";
import { oneLine, wordsOf } from "./names";

const quoted = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;

function optionLine(start: string, { short, long, takesValue, choices, description }: OptionModel): string {
  const names = [short && `-s ${short.slice(1)}`, long && `-l ${long.slice(2)}`].filter(Boolean).join(" ");
  const value = takesValue ? ` -x${choices.length > 0 ? ` -a ${quoted(choices.join(" "))}` : ""}` : "";
  return `${start} ${names}${value} -d ${quoted(oneLine(description))}`;
}

/** A script for fish 3 and later. */
export function fish({ name, commands, options }: CommandModel): string {
  const on = (condition: string) => `complete -c ${name} -n ${quoted(condition)}`;
  const linesOf = (command: CommandModel): string[] => {
    const start = on(`__${name}_in ${command.name}`);
    const words = wordsOf(command, commands);
    return [
      ...command.options.map((option) => optionLine(start, option)),
      ...(words.length > 0 ? [`${start} -a ${quoted(words.join(" "))}`] : []),
      ...(command.runsCommand ? [`${on(`__${name}_behind ${command.name}`)} -F -a '(__fish_complete_command)'`] : []),
    ];
  };
  return `# Completions of ${name} for fish. Write this into ~/.config/fish/completions/${name}.fish
function __${name}_in
    set -l words (commandline -opc)
    contains -- $argv[1] $words[2..]; and not contains -- -- $words
end

function __${name}_behind
    set -l words (commandline -opc)
    contains -- $argv[1] $words[2..]; and contains -- -- $words
end

complete -c ${name} -f
${options.map((option) => optionLine(on("__fish_use_subcommand"), option)).join("\n")}
${commands.map((each) => `${on("__fish_use_subcommand")} -a ${each.name} -d ${quoted(oneLine(each.description))}`).join("\n")}
${commands.flatMap(linesOf).join("\n")}
`;
}
