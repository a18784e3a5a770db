import { AsyncLocalStorage } from "node:async_hooks";
import type { Locker } from "@distlock/core";
import { assertHeld, type Leave, type SharedLock } from "./shared-lock";

interface Held {
  readonly locker: Locker;
  readonly shared: SharedLock;
  readonly outer: Held | undefined;
}

const place = Symbol.for("distlock.heldLocks");
const everywhere = globalThis as { [place]?: AsyncLocalStorage<Held> };

/** One for all copies of this package (ESM and CJS), else a turn of one would wait for its caller's, of another. */
const held = everywhere[place] ?? new AsyncLocalStorage<Held>();
everywhere[place] = held;

/**
 * The lock of this key that a turn around the caller holds: `undefined` if there is none, or it has ended. Throws
 * `StaleTurnError` if the turn has lost it.
 */
export function heldLock(locker: Locker, key: string): SharedLock | undefined {
  for (let each = held.getStore(); each !== undefined; each = each.outer) {
    if (each.locker !== locker || each.shared.lock.key !== key || each.shared.over) continue;
    assertHeld(each.shared);
    return each.shared;
  }
  return undefined;
}

/** Keeps the innermost lock around the caller from being released, until what it gives is called. */
export function holdOn(locker: Locker): Leave | undefined {
  let each = held.getStore();
  while (each && (each.locker !== locker || each.shared.over)) each = each.outer;
  return each?.shared.enter();
}

/** Does the work, and all that it starts, within a turn that holds the lock. */
export const whileHeld = <T>(locker: Locker, shared: SharedLock, work: () => T): T =>
  held.run({ locker, shared, outer: held.getStore() }, work);
