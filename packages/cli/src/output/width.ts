import truncate from "cli-truncate";
import width from "string-width";

const isPlain = (text: string): boolean => /^[ -~]*$/.test(text);

/** How many columns a text has in a terminal. */
export const widthOf = (text: string): number => (isPlain(text) ? text.length : width(text));

/** A text that fits into so many columns, cut with `…` if it must be. */
export function cut(text: string, columns: number, position: "end" | "middle" = "end"): string {
  if (widthOf(text) <= columns) return text;
  // Where a character has two columns, the result may be a column too wide.
  for (let room = columns; room > 0; room--) {
    const fitting = truncate(text, room, { position });
    if (widthOf(fitting) <= columns) return fitting;
  }
  return "";
}

const USUAL = 80;

/** The columns of the terminal, or undefined if standard output is not one: then nothing is cut. */
export const terminalColumns = (): number | undefined =>
  process.stdout.isTTY ? process.stdout.columns || USUAL : undefined;
