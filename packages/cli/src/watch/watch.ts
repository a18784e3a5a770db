import { EXIT } from "../exit-codes";
import { codeOf } from "../failure";
import { interruptible } from "../interrupted";
import { parseGlob } from "../locks/glob";
import type { OutputOptions } from "../output/options";
import { Quit, watchOnScreen } from "./full-screen";
import { watchAsLines } from "./lines";
import type { WatchOptions } from "./looks";

/** Watches the locks until its user ends it. Returns the exit code. */
export async function watch(pattern: string, options: WatchOptions & OutputOptions): Promise<number> {
  const glob = parseGlob(pattern);
  const interruption = interruptible();
  const isForPeople = process.stdout.isTTY && !options.json && process.env.TERM !== "dumb";
  try {
    return await (isForPeople
      ? watchOnScreen(glob, { ...options, pattern }, interruption)
      : watchAsLines(glob, options, interruption.signal));
  } catch (error) {
    if (error instanceof Quit) return EXIT.done.code;
    if (interruption.signal.aborted) return codeOf(interruption.signal.reason);
    throw error;
  }
}
