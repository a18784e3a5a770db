import type { Command } from "commander";

/** How a command prints. */
export interface OutputOptions {
  readonly json?: true;
  readonly color: boolean;
}

/** Adds the options for what a command prints. */
export const withOutput = (command: Command, json: string): Command =>
  command.option("--json", json).option("--no-color", "no colours, as with NO_COLOR (default: colours in a terminal)");
