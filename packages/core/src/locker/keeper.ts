import { createAlarm } from "./alarm";
import type { Driver } from "../driver/driver";
import { now } from "../driver/lease";

/** A held lock, as the keeper sees it. Times are on the clock of `now()`. */
export interface Kept {
  readonly key: string;
  readonly token: string;
  /** When the lease ends. */
  readonly deadline: number;
  /** Whether its lease is still the short one of a hand-over. */
  readonly claimed: boolean;
  /** When to extend it, `Infinity` for never. */
  readonly extendAt: number;
  /** The ttl to ask for, or 0 if the lease is long enough, or is to run out; sets `extendAt` anew. */
  nextTtl(): number;
  extended(sent: number, ttl: number): void;
  failed(error: unknown): void;
  lose(why: string, stolen: boolean): void;
  /** Its lease is over, unless an answer that has arrived and was not read yet makes it longer. */
  expire(): void;
  forcedOut(): void;
}

/** Extends the locks of a locker in batches, and ends those whose deadline has come. It keeps no process alive. */
export interface Keeper {
  /** Has the lock hear that it was forced out, until it is deleted or its lease is over. */
  hold(lock: Kept): void;
  /** Extends the lock when it is due, and ends it at its deadline. */
  keep(lock: Kept): void;
  /** Does not look after its lease any more. */
  leave(lock: Kept): void;
  delete(lock: Kept): void;
  /** Whether a lock of this key is held, as far as is known. */
  holds(key: string): boolean;
  /** Ends the locks with this token. */
  forcedOut(token: string): void;
  /** Extends nothing from now on, but for the short leases of hand-overs, at once; deadlines are still watched. */
  stopExtending(): void;
}

/** From how many held locks on those are forgotten whose lease is over; then, from twice as many as were left. */
const FIRST_SWEEP = 1_000;

export function createKeeper(driver: Driver): Keeper {
  const held = new Map<string, Kept>();
  const kept = new Set<Kept>();
  let sweepAt = FIRST_SWEEP;
  let extending = true;

  const isExtended = (lock: Kept): boolean => extending || lock.claimed;
  // A timer counts whole milliseconds: the one before the deadline is the last that is surely not after it.
  const endOf = (lock: Kept): number => lock.deadline - 1;
  const wakeOf = (lock: Kept): number => (isExtended(lock) ? Math.min(lock.extendAt, endOf(lock)) : endOf(lock));

  const alarm = createAlarm(() => {
    const time = now();
    let next = Number.POSITIVE_INFINITY;
    for (const lock of kept) {
      if (endOf(lock) <= time) lock.expire();
      else if (wakeOf(lock) <= time) extend(lock);
      if (kept.has(lock)) next = Math.min(next, wakeOf(lock));
    }
    alarm.by(next);
  }, false);

  function extend(lock: Kept): void {
    const ttl = lock.nextTtl();
    if (ttl === 0) return;
    const sent = now();
    const { key, token } = lock;
    driver.extend({ key, token, ttl }).then(
      (reply) => {
        if (reply === "lost") lock.lose("somebody else freed or took it", true);
        else lock.extended(sent, ttl);
        if (kept.has(lock)) alarm.by(wakeOf(lock));
      },
      (error) => {
        lock.failed(error);
        if (kept.has(lock)) alarm.by(wakeOf(lock));
      },
    );
  }

  function sweep(): void {
    const time = now();
    for (const [key, lock] of held) if (lock.deadline <= time && !kept.has(lock)) held.delete(key);
    sweepAt = Math.max(FIRST_SWEEP, 2 * held.size);
  }

  function leave(lock: Kept): void {
    kept.delete(lock);
    if (kept.size === 0) alarm.off();
  }

  return {
    hold(lock) {
      if (held.size >= sweepAt) sweep();
      held.set(lock.key, lock);
    },
    keep(lock) {
      kept.add(lock);
      if (isExtended(lock) && lock.extendAt <= now()) extend(lock);
      alarm.by(wakeOf(lock));
    },
    leave,
    delete(lock) {
      if (held.get(lock.key) === lock) held.delete(lock.key);
      leave(lock);
    },
    holds(key) {
      const lock = held.get(key);
      return lock !== undefined && lock.deadline > now();
    },
    forcedOut(token) {
      for (const lock of held.values()) if (lock.token === token) lock.forcedOut();
    },
    stopExtending() {
      for (const lock of kept) if (lock.claimed) extend(lock);
      extending = false;
    },
  };
}
