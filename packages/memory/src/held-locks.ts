import { AsyncLocalStorage } from "node:async_hooks";
import type { Locker } from "@distlock/core";
import { assertHeld, type Leave, type SharedLock } from "./shared-lock";

interface Held {
  readonly locker: Locker;
  readonly shared: SharedLock;
  outer: Held | undefined;
}

const place = Symbol.for("distlock.heldLocks");
const everywhere = globalThis as { [place]?: AsyncLocalStorage<Held> };

/** One for all copies of this package (ESM and CJS), else a turn of one would wait for its caller's, of another. */
const held = everywhere[place] ?? new AsyncLocalStorage<Held>();
everywhere[place] = held;

/** Without what is over: work that starts the next, for ever, would else drag along all that was before. */
function live(each: Held | undefined): Held | undefined {
  let first = each;
  while (first?.shared.over) first = first.outer;
  if (first) first.outer = live(first.outer);
  return first;
}

/**
 * The lock of this key that a turn around the caller holds: `undefined` if there is none, or it has ended. Throws
 * `StaleTurnError` if the turn has lost it.
 */
export function heldLock(locker: Locker, key: string): SharedLock | undefined {
  for (let each = live(held.getStore()); each !== undefined; each = each.outer) {
    if (each.locker !== locker || each.shared.lock.key !== key) continue;
    assertHeld(each.shared);
    return each.shared;
  }
  return undefined;
}

/** Keeps the innermost lock around the caller from being released, until what it gives is called. */
export function holdOn(locker: Locker): Leave | undefined {
  let each = live(held.getStore());
  while (each && each.locker !== locker) each = each.outer;
  return each?.shared.enter();
}

/** Does the work, and all that it starts, within a turn that holds the lock, and that is not idle until it is done. */
export async function whileHeld<T>(locker: Locker, shared: SharedLock, work: () => T | PromiseLike<T>): Promise<T> {
  const outer = live(held.getStore());
  const already = outer?.locker === locker && outer.shared === shared;
  const done = shared.busy();
  try {
    return await held.run(already ? outer : { locker, shared, outer }, work);
  } finally {
    done();
  }
}
