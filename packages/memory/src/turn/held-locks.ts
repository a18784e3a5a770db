import { AsyncLocalStorage } from "node:async_hooks";
import type { Locker } from "@distlock/core";
import { isSameLocker } from "../support/same-locker";
import { assertHeld, type Leave, type SharedLock } from "./shared-lock";

interface Held {
  readonly locker: Locker;
  readonly shared: SharedLock;
  outer: Held | undefined;
}

const place = Symbol.for("distlock.heldLocks");
const everywhere = globalThis as { [place]?: AsyncLocalStorage<Held> };

/** One for all copies of this package (ESM and CJS). Otherwise a turn of one copy would wait for a turn of another copy around it. */
const held = everywhere[place] ?? new AsyncLocalStorage<Held>();
everywhere[place] = held;

/** Without turns that are over: endless work that starts the next work would otherwise keep all earlier turns in memory. */
function live(each: Held | undefined): Held | undefined {
  let first = each;
  while (first?.shared.over) first = first.outer;
  if (first) first.outer = live(first.outer);
  return first;
}

/**
 * The lock of this key that a turn around the caller holds: `undefined` if there is none, or it has ended. Throws
 * `StaleTurnError` if the turn has lost it, and `TypeError` if the turn has it from another locker: the caller would wait for
 * itself.
 */
export function heldLock(locker: Locker, key: string): SharedLock | undefined {
  for (let each = live(held.getStore()); each !== undefined; each = each.outer) {
    if (each.shared.lock.key !== key) continue;
    if (!isSameLocker(each.locker, locker)) {
      throw new TypeError(
        `${JSON.stringify(key)} is held by another locker around this call, so the call would wait for itself: use one locker for both, or another key if they lock on different servers`,
      );
    }
    assertHeld(each.shared);
    return each.shared;
  }
  return undefined;
}

/**
 * Throws `TypeError` if `what`, a history that is locked by this key, is used within turns or runs of other keys only: its reads
 * and writes would carry none of their fences, and their locks would not keep others out.
 */
export function assertHistoryOf(what: string, locker: Locker, key: string): void {
  const around = live(held.getStore());
  if (!around || heldLock(locker, key)) return;
  const [own, other] = [key, around.shared.lock.key].map((each) => JSON.stringify(each));
  throw new TypeError(
    `${what} is locked by ${own}, but the run or turn around it holds ${other}: lock the run by the same key (see the options "session" and "key"), or use it in a run or turn of its own`,
  );
}

/** Keeps the innermost lock around the caller from being released, until the function that it returns is called. */
export function keepHeld(locker: Locker): Leave | undefined {
  let each = live(held.getStore());
  while (each && !isSameLocker(each.locker, locker)) each = each.outer;
  return each?.shared.enter();
}

/** Does the work, and all that it starts, within a turn that holds the lock, and that is not idle until it is done. */
export async function runWithLock<T>(locker: Locker, shared: SharedLock, work: () => T | PromiseLike<T>): Promise<T> {
  const outer = live(held.getStore());
  const already = outer?.shared === shared && isSameLocker(outer.locker, locker);
  const done = shared.busy();
  try {
    // Work that begins when it is awaited, such as a query, begins within the turn.
    const begin = async () => await work();
    return await (already ? held.run(outer, begin) : shared.inHold(() => held.run({ locker, shared, outer }, begin)));
  } finally {
    done();
  }
}
