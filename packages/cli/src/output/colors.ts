import pc from "picocolors";
import type { OutputOptions } from "./options";

export type Colors = ReturnType<typeof pc.createColors>;

/** Colours in a terminal, unless the user or the terminal has none. A pipe has none even where `CI` is set. */
export const colors = ({ color }: OutputOptions): Colors =>
  pc.createColors(color && process.stdout.isTTY === true && pc.isColorSupported);
