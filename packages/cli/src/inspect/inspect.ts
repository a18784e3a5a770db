import { setTimeout as sleep } from "node:timers/promises";
import type { RedisOptions } from "../connection/options";
import { EXIT } from "../exit-codes";
import { lookAt } from "../locks/look";
import type { Seen } from "../locks/seen";
import { type Session, withSession } from "../locks/session";
import { colors } from "../output/colors";
import type { OutputOptions } from "../output/options";
import { print, printJson } from "../output/output";
import { terminalColumns } from "../output/width";
import { type Change, changeBetween } from "./change";
import { report } from "./report";

interface InspectOptions extends RedisOptions, OutputOptions {
  readonly quiet?: true;
}

/** Between the two looks that show whether a lease is extended, in ms. */
const APART = 1_000;

/** Prints what Redis knows of a key. Returns the exit code. */
export const inspect = (key: string, options: InspectOptions): Promise<number> =>
  withSession(options, async (session) => {
    const first = await lookAt(key, session);
    // Programs look again by themselves, when they like.
    const isForPeople = !options.quiet && !options.json;
    const { seen, change } = isForPeople && first.held ? await lookAgain(first, session) : { seen: first };
    if (options.json && !options.quiet) printJson(seen);
    if (isForPeople) {
      for (const line of report(seen, change, { colors: colors(options), width: terminalColumns() })) print(line);
    }
    return seen.held ? EXIT.done.code : EXIT.no.code;
  });

async function lookAgain(first: Seen, session: Session): Promise<{ seen: Seen; change?: Change }> {
  const start = performance.now();
  await sleep(APART);
  const apart = performance.now() - start;
  const seen = await lookAt(first.key, session);
  return { seen, ...(seen.held && { change: changeBetween(first, seen, apart) }) };
}
