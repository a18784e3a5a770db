import { createInterface } from "node:readline/promises";

/** Asks on standard error whether to go on. Only "y" or "yes" is a yes; the end of the input is a no. */
export async function askUser(question: string): Promise<boolean> {
  // Without the keys of an editor, so that Ctrl-C is a signal as for any program.
  const terminal = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  try {
    const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
    return /^y(es)?$/i.test((await Promise.race([terminal.question(`${question} [y/N] `), closed])).trim());
  } finally {
    terminal.close();
  }
}
