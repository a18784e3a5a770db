import type { CommandModel, OptionModel } from "../model/model";

/** `-w --wait`: the names of an option. */
export const namesOf = ({ short, long }: OptionModel): string[] => [short, long].filter((name) => name !== undefined);

/** What can stand in place of the arguments of a command, if the command says so. */
export function wordsOf(command: CommandModel, siblings: readonly CommandModel[]): readonly string[] {
  if (command.name === "help") return siblings.map(({ name }) => name).filter((name) => name !== "help");
  return command.arguments.flatMap(({ choices }) => choices);
}

/** A text for people in single quotes, for any of the three shells. */
export const oneLine = (text: string): string => text.replace(/\s+/g, " ");
