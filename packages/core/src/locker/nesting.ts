import { AsyncLocalStorage } from "node:async_hooks";
import { LockBackendError } from "../driver/errors";
import { warn } from "../driver/observe/facts";

/** The work of a `withLock`, and the work around it. */
interface Around {
  /** The driver of its locker. */
  readonly driver: object;
  readonly keys: readonly string[];
  readonly outer: Around | undefined;
  isOver: boolean;
  isWarned: boolean;
}

const around = new AsyncLocalStorage<Around>();

/** Does the work of a `withLock`, so that a call inside the work is recognised. */
export async function withinLock<T>(
  driver: object,
  keys: readonly string[],
  work: () => T | PromiseLike<T>,
): Promise<T> {
  const own: Around = { driver, keys, outer: around.getStore(), isOver: false, isWarned: false };
  try {
    return await around.run(own, work);
  } finally {
    own.isOver = true;
  }
}

/**
 * Whether a call that is about to wait is inside the work of a lock that has one of its keys. If the work waits for the
 * call, neither can end until the call's timeout; if the work goes on without the call, all is well. So
 * this warns at once, and the wait goes on.
 */
export function isNested(driver: object, keys: readonly string[]): boolean {
  for (let each = around.getStore(); each; each = each.outer) {
    const shared = keys.find((key) => each?.keys.includes(key));
    if (each.driver !== driver || shared === undefined || each.isOver) continue;
    if (!each.isWarned) {
      const what = "this call waits for a lock that the withLock around it holds";
      warn(new LockBackendError(shared, `${what}: if its work waits for this call, neither ends. ${CURE}`));
    }
    each.isWarned = true;
    return true;
  }
  return false;
}

const CURE = "Locks are not re-entrant: pass the lock on, or take all keys at once";

/** The holder in the error of such a wait. */
export const NESTED = `held by the withLock around this call, so the call waited for itself. ${CURE}`;
