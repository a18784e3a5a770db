import type { CommandModel } from "../model/model";
import { bash } from "./bash";
import { fish } from "./fish";
import { zsh } from "./zsh";

const scripts = { bash, zsh, fish };

export type Shell = keyof typeof scripts;

/** The script with which a shell completes the command line of a program. */
export const completion = (shell: Shell, program: CommandModel): string => scripts[shell](program);
