import type { CommandModel, OptionModel } from "../model/model";
import { namesOf, oneLine, wordsOf } from "./names";

const quoted = (text: string): string => `'${text.replace(/'/g, "'\\''")}'`;

/** A description within a spec of `_arguments`. */
const described = (text: string): string => oneLine(text).replace(/[\\[\]:]/g, "\\$&");

/** `'(-w --wait)'{-w,--wait}'[the longest wait]:duration: '`: one option, by either name, once. */
function optionSpec(option: OptionModel): string {
  const names = namesOf(option);
  const value = option.takesValue ? `:value:${option.choices.length > 0 ? `(${option.choices.join(" ")})` : " "}` : "";
  const text = quoted(`[${described(option.description)}]${value}`);
  return names.length > 1 ? `'(${names.join(" ")})'{${names.join(",")}}${text}` : `${names[0]}${text}`;
}

function argumentSpecs(command: CommandModel, siblings: readonly CommandModel[]): string[] {
  const words = wordsOf(command, siblings);
  if (words.length > 0) return [quoted(`1:${command.name}:(${words.join(" ")})`)];
  return command.arguments.map(({ name, variadic }) => quoted(`${variadic ? "*" : ""}:${name}: `));
}

/** Behind a `--` there is another command, with completions of its own. */
const BEHIND = `
          local -i at=\${words[(ie)--]}
          if (( at < CURRENT )); then
            shift $at words
            (( CURRENT -= at ))
            _normal
            return
          fi`;

const caseOf = (command: CommandModel, siblings: readonly CommandModel[]): string => {
  const specs = [...command.options.map(optionSpec), ...argumentSpecs(command, siblings)];
  return `        ${command.name})${command.runsCommand ? BEHIND : ""}
          _arguments -S ${specs.join(" \\\n            ")} ;;`;
};

/** A script for zsh: for a file in $fpath, or to be evaluated in .zshrc. */
export function zsh({ name, commands, options }: CommandModel): string {
  return `#compdef ${name}
# Completions of ${name} for zsh. Write this into a file _${name} in a folder of $fpath, or add to ~/.zshrc, behind compinit:
#   eval "$(${name} completion zsh)"
_${name}() {
  local context state line
  typeset -A opt_args
  _arguments -C ${options.map(optionSpec).join(" ")} '1: :->command' '*:: :->arguments'
  case $state in
    command)
      local -a commands=(
${commands.map((each) => `        ${quoted(`${each.name}:${described(each.description)}`)}`).join("\n")}
      )
      _describe command commands ;;
    arguments)
      case $line[1] in
${commands.map((each) => caseOf(each, commands)).join("\n")}
      esac ;;
  esac
}

if [[ $funcstack[1] == _${name} ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}
