import type { CommandModel, OptionModel } from "../model/model";

/** `-w --wait`: the names of an option. */
export const namesOf = ({ short, long }: OptionModel): string[] => [short, long].filter((name) => name !== undefined);

/** The words that an argument of a command can be, where the command has a list of them. */
export function wordsOf(command: CommandModel, siblings: readonly CommandModel[]): readonly string[] {
  if (command.name === "help") return siblings.map(({ name }) => name).filter((name) => name !== "help");
  return command.arguments.flatMap(({ choices }) => choices);
}

/** A text in one line. */
export const oneLine = (text: string): string => text.replace(/\s+/g, " ");
