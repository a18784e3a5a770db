import type { CommandModel } from "../model/model";
import { namesOf, wordsOf } from "./names";

/** The words of a list, safe within single quotes: names of commands and of options have no quotes. */
const list = (words: readonly string[]): string => words.join(" ");

/** For each option with a value: its choices, or no completion. */
const values = ({ name, options }: CommandModel): string[] =>
  options
    .filter(({ takesValue }) => takesValue)
    .map((option) => {
      const pattern = namesOf(option)
        .map((each) => `"${name} ${each}"`)
        .join("|");
      return `    ${pattern}) words='${list(option.choices)}' ;;`;
    });

const words = (command: CommandModel, siblings: readonly CommandModel[]): string =>
  `    ${command.name}) options='${list(command.options.flatMap(namesOf))}' words='${list(wordsOf(command, siblings))}' ;;`;

/** A script for bash 3.2 and later. It needs no other package. */
export function bash({ name, commands, options }: CommandModel): string {
  const running = commands.filter(({ runsCommand }) => runsCommand).map((each) => each.name);
  return `# Completions of ${name} for bash. Add this to ~/.bashrc:
#   eval "$(${name} completion bash)"
_${name}() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local command= options='${list(options.flatMap(namesOf))}' words='${list(commands.map((each) => each.name))}' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} == -- ]]; then
      [[ ' ${list(running)} ' == *" $command "* ]] && _${name}_command $((i + 1))
      return
    fi
    [[ -z $command && \${COMP_WORDS[i]} != -* ]] && command=\${COMP_WORDS[i]}
  done
  case $command in
    '') ;;
${commands.map((each) => words(each, commands)).join("\n")}
    *) return ;;
  esac
  case "$command $previous" in
${commands.flatMap(values).join("\n")}
    *) [[ $word == -* ]] && words=$options ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}

# The name of a command, and then files.
_${name}_command() {
  local word=\${COMP_WORDS[COMP_CWORD]} IFS=$'\\n'
  if ((COMP_CWORD == $1)); then
    COMPREPLY=($(compgen -c -- "$word"))
  else
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}

complete -F _${name} ${name}
`;
}
