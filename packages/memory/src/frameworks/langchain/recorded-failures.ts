import { AsyncLocalStorage } from "node:async_hooks";
import type { FailureLog } from "../../turn/locked-call";

const place = Symbol.for("distlock.notedFailures");
const everywhere = globalThis as { [place]?: AsyncLocalStorage<unknown[]> };

/** One for all copies of this package, as for the locks that are held. */
const recording = everywhere[place] ?? new AsyncLocalStorage<unknown[]>();
everywhere[place] = recording;

/** The failures of `recordFailure` in the work that is done with `collect`, and in all that this work starts. */
export function createFailureLog(): FailureLog {
  const failures: unknown[] = [];
  return { failures, collect: (work) => recording.run(failures, work) };
}

/** Calls, and records a failure for the innermost run around the caller, since LangChain may swallow the rejection. */
export async function recordFailure<T>(call: () => T): Promise<Awaited<T>> {
  try {
    return await call();
  } catch (error) {
    recording.getStore()?.push(error);
    throw error;
  }
}
