// Tested by packages/core/test/hold.test.ts, test/holding/budget.test.ts, test/holding/many.test.ts
import type { Driver } from "../../driver/driver";
import { MIN_TTL, now } from "../../driver/lease";
import { isObserved } from "../../driver/observe/observed";
import { background } from "../../driver/observe/through";
import { createAlarm } from "../alarm";
import { createLongHolds, type HoldListener } from "./long-holds";
import { FORCED_OUT, type LossCause, lossIn, TAKEN } from "./loss";
import { observeExtension } from "./observe-extension";

/** A held lock, as the monitor sees it. Times are on the clock of `now()`. */
export interface ManagedLock {
  readonly key: string;
  readonly fence: number;
  readonly grant: { readonly token: string };
  /** When the lease ends. */
  readonly deadline: number;
  /** Whether the lease is still the claim of a hand-over. */
  readonly claimed: boolean;
  readonly heldSince: number;
  /** When to extend it, `Infinity` for never. */
  readonly extendAt: number;
  /**
   * An extension is due. Returns the ttl to ask for, and counts that request as sent; or 0 to ask for nothing. Sets
   * `extendAt` anew.
   */
  beginExtension(time: number): number;
  extended(sent: number, ttl: number): void;
  failed(error: unknown): void;
  lost(cause: LossCause, reason?: string): void;
  /** The lease is over, unless a reply that has arrived and was not read yet makes it longer. */
  expire(): void;
}

/** Extends the locks of a locker in batches, and ends those whose lease is over. It keeps no process alive. */
export interface LeaseMonitor {
  /**
   * Notifies the lock when it is forced out, until it is deleted or its lease is over. An earlier lock of its key is lost: a
   * later grant proves that.
   */
  hold(lock: ManagedLock): void;
  /** Extends the lock when it is due, and ends it at its deadline. */
  keep(lock: ManagedLock): void;
  /** No longer looks after the lease. */
  leave(lock: ManagedLock): void;
  delete(lock: ManagedLock): void;
  /** Whether a lock of this key is held, as far as is known. */
  holds(key: string): boolean;
  /** Ends the locks with this token. */
  forcedOut(token: string, reason: string | undefined): void;
  /** Asks whether each lock that it looks after is still held: a message about it may have been lost. No lease becomes longer. */
  checkAll(): void;
  /** From now on extends nothing but claims, and those at once; deadlines are still watched. */
  stopExtending(): void;
}

/**
 * At so many held locks, those whose lease is over are first dropped; then again when there are twice as many as were left.
 */
const FIRST_SWEEP = 1_000;

/** `listener` listens for messages while a lock is held for long. */
export function createLeaseMonitor(driver: Driver, listener: HoldListener): LeaseMonitor {
  const held = new Map<string, ManagedLock>();
  const kept = new Set<ManagedLock>();
  const longHolds = createLongHolds(kept, listener);
  let sweepAt = FIRST_SWEEP;
  let extending = true;

  const isExtended = (lock: ManagedLock): boolean => extending || lock.claimed;
  // A timer counts whole milliseconds: the one before the deadline is the last that is guaranteed not to be after it.
  const endOf = (lock: ManagedLock): number => lock.deadline - 1;
  const wakeOf = (lock: ManagedLock): number => (isExtended(lock) ? Math.min(lock.extendAt, endOf(lock)) : endOf(lock));

  const alarm = createAlarm(() => {
    const time = now();
    let next = Infinity;
    const due = isObserved("extend") ? countDue(time) : 1;
    for (const lock of kept) {
      if (endOf(lock) <= time) lock.expire();
      else if (wakeOf(lock) <= time) extend(lock, due);
      if (kept.has(lock)) next = Math.min(next, wakeOf(lock));
    }
    alarm.by(next);
  }, false);

  function countDue(time: number): number {
    let due = 0;
    for (const lock of kept) if (wakeOf(lock) <= time && time < endOf(lock)) due++;
    return due;
  }

  /** `due` locks are extended in the same moment. */
  function extend(lock: ManagedLock, due = 1): void {
    const sent = now();
    const ttl = lock.beginExtension(sent);
    if (ttl === 0) return;
    const { key, grant } = lock;
    const answer = background(() => driver.extend({ key, token: grant.token, ttl }));
    if (isObserved("extend")) observeExtension(lock, ttl, due, answer);
    answer.then(
      (reply) => {
        if (reply === "held") lock.extended(sent, ttl);
        else lock.lost(...lossIn(reply));
        if (kept.has(lock)) alarm.by(wakeOf(lock));
      },
      (error) => {
        lock.failed(error);
        if (kept.has(lock)) alarm.by(wakeOf(lock));
      },
    );
  }

  /** Asks for less than what is left, and for one of few ttls, so that the locks share commands. */
  async function check(lock: ManagedLock): Promise<void> {
    const { key, grant, deadline } = lock;
    const left = deadline - now();
    if (left < MIN_TTL) return;
    const ttl = Math.max(MIN_TTL, 2 ** Math.floor(Math.log2(left)));
    const reply = await background(() => driver.extend({ key, token: grant.token, ttl }));
    if (reply !== "held") lock.lost(...lossIn(reply));
  }

  function sweep(): void {
    const time = now();
    for (const [key, lock] of held) if (lock.deadline <= time && !kept.has(lock)) held.delete(key);
    sweepAt = Math.max(FIRST_SWEEP, 2 * held.size);
  }

  function leave(lock: ManagedLock): void {
    kept.delete(lock);
    if (kept.size > 0) return;
    alarm.off();
    longHolds.emptied();
  }

  return {
    hold(lock) {
      if (held.size >= sweepAt) sweep();
      const earlier = held.get(lock.key);
      held.set(lock.key, lock);
      if (earlier && earlier.fence < lock.fence && earlier.deadline > now()) earlier.lost(TAKEN);
    },
    keep(lock) {
      kept.add(lock);
      longHolds.added();
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
    forcedOut(token, reason) {
      for (const lock of held.values()) if (lock.grant.token === token) lock.lost(FORCED_OUT, reason);
    },
    checkAll() {
      for (const lock of kept) check(lock).catch(() => {}); // its next extension learns as much
    },
    stopExtending() {
      for (const lock of kept) if (lock.claimed) extend(lock);
      extending = false;
    },
  };
}
