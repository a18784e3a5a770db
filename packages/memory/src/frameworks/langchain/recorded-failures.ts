import { AsyncLocalStorage } from "node:async_hooks";

const place = Symbol.for("distlock.notedFailures");
const everywhere = globalThis as { [place]?: AsyncLocalStorage<unknown[]> };

/** One for all copies of this package, as for the locks that are held. */
const noted = everywhere[place] ?? new AsyncLocalStorage<unknown[]>();
everywhere[place] = noted;

/** Does the work, and has what fails in `noteFailure` there, and in what it starts, added to `failures`. */
export const whileNoted = <T>(failures: unknown[], work: () => T): T => noted.run(failures, work);

/** Calls, and tells the innermost run around the caller of a failure: whoever awaits the call may keep it to himself. */
export async function noteFailure<T>(call: () => T): Promise<Awaited<T>> {
  try {
    return await call();
  } catch (error) {
    noted.getStore()?.push(error);
    throw error;
  }
}
