import type { RedisOptions } from "../connection/options";
import { EXIT } from "../exit-codes";
import { codeOf } from "../failure";
import { interruptible } from "../interrupted";
import { findLocks } from "../locks/find";
import type { Glob } from "../locks/glob";
import type { Seen } from "../locks/seen";
import { openSession } from "../locks/session";
import { lockTable } from "../locks/table";
import { colors } from "../output/colors";
import type { OutputOptions } from "../output/options";
import { note, print, printJson } from "../output/output";
import { terminalColumns } from "../output/width";
import { showProgress } from "./progress";
import { type Selection, select } from "./select";

export interface ListOptions extends RedisOptions, OutputOptions, Selection {
  readonly all?: true;
}

/** Prints the locks whose keys match. Returns the exit code. */
export async function list(glob: Glob, options: ListOptions): Promise<number> {
  const locks: Seen[] = [];
  const ended = await search(glob, options, locks);
  show(locks, options);
  if (ended === undefined) return EXIT.done.code;
  note("interrupted: there may be more locks");
  return codeOf(ended);
}

/** Fills the list. Resolves with the reason if a signal ends the search before it has looked at all keys. */
async function search(glob: Glob, options: ListOptions, locks: Seen[]): Promise<unknown> {
  const controller = new AbortController();
  const session = await openSession(options, controller.signal);
  // Before there is a connection, a signal ends the program as usual.
  const { signal, stop } = interruptible(controller);
  const progress = showProgress();
  const onFound = (seen: Seen): void => {
    locks.push(seen);
    progress.found();
  };
  try {
    await findLocks({ session, glob, all: options.all === true, onFound, onKeys: progress.keys });
    return undefined;
  } catch (error) {
    if (signal.aborted) return signal.reason;
    throw error;
  } finally {
    progress.end();
    session.close();
    stop();
  }
}

function show(locks: readonly Seen[], options: ListOptions): void {
  const { listed, count } = select(locks, options);
  if (options.json) for (const seen of listed) printJson(seen);
  else if (listed.length > 0) for (const line of lockTable(listed, colors(options), terminalColumns())) print(line);
  else note("no such lock is held or waited for");
  if (listed.length < count) note(`${listed.length} of ${count} locks are shown: --limit 0 shows all`);
}
