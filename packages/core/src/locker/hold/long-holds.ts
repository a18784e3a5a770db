// Tested by packages/core/test/hold.test.ts
import { clock } from "../../driver/clock";
import { now } from "../../driver/lease";

/** How long a lock is held before its locker listens for messages, in ms: a lock that is held for a moment costs nothing more. */
export const LISTEN_AFTER = 100;

/** A lock that somebody looks after. */
interface Held {
  readonly key: string;
  readonly heldSince: number;
}

/** The side that can listen. */
export interface HoldListener {
  listen(key: string): void;
  unlisten(): void;
}

/** Has the locker listen while a lock is held for longer than a moment, so that a holder that is forced out learns so at once. */
export interface LongHolds {
  /** A lock was added. */
  added(): void;
  /** No lock is left. */
  emptied(): void;
}

/** `held` has the locks in the order in which they were added. */
export function createLongHolds(held: ReadonlySet<Held>, { listen, unlisten }: HoldListener): LongHolds {
  let isTimed = false;
  let isListening = false;

  // One timer for all locks, and none is cancelled: most locks are gone when it fires.
  function look(): void {
    isTimed = false;
    const [oldest] = held;
    if (isListening || oldest === undefined) return;
    const left = oldest.heldSince + LISTEN_AFTER - now();
    if (left > 0) time(left);
    else begin(oldest.key);
  }

  function begin(key: string): void {
    isListening = true;
    listen(key);
  }

  function time(ms: number): void {
    isTimed = true;
    clock.after(ms, look, false);
  }

  return {
    added() {
      if (!isTimed && !isListening) time(LISTEN_AFTER);
    },
    emptied() {
      if (isListening) unlisten();
      isListening = false;
    },
  };
}
