import { AsyncResource } from "node:async_hooks";
import type { Driver } from "./driver";
import { now } from "./lease";
import { MAX_DELAY } from "./within";

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
}

/** One timer per locker: extends locks in batches, and ends those whose deadline has come. It keeps no process alive. */
export interface Keeper {
  add(lock: Kept): void;
  delete(lock: Kept): void;
  /** Ends the lock with this token, if it is kept here. */
  forcedOut(token: string): void;
  /** Extends nothing from now on, but for the short leases of hand-overs, at once; deadlines are still watched. */
  stopExtending(): void;
}

export function createKeeper(driver: Driver): Keeper {
  const locks = new Set<Kept>();
  let extending = true;
  let timer: NodeJS.Timeout | undefined;
  let wakeAt = Number.POSITIVE_INFINITY;

  const wakeOf = (lock: Kept): number => (extending ? Math.min(lock.extendAt, lock.deadline) : lock.deadline);

  function wakeBy(time: number): void {
    if (time >= wakeAt) return;
    clearTimeout(timer);
    wakeAt = time;
    timer = setTimeout(tick, Math.min(Math.max(time - now(), 1), MAX_DELAY)).unref();
  }

  // Bound to the context in which the locker was made, not to that of whichever caller's lock set the timer.
  const tick = AsyncResource.bind((): void => {
    wakeAt = Number.POSITIVE_INFINITY;
    const time = now();
    let next = wakeAt;
    for (const lock of locks) {
      // A timer counts whole milliseconds, so the one before the deadline is the last that is not after it.
      if (lock.deadline - time < 1) lock.lose("its lease ended", false);
      else {
        if (wakeOf(lock) <= time) extend(lock);
        next = Math.min(next, wakeOf(lock));
      }
    }
    wakeBy(next);
  });

  function extend(lock: Kept): void {
    const ttl = lock.nextTtl();
    if (ttl === 0) return;
    const sent = now();
    const { key, token } = lock;
    driver.extend({ key, token, ttl }).then(
      (reply) => {
        if (reply === "lost") lock.lose("somebody else freed or took it", true);
        else lock.extended(sent, ttl);
        if (locks.has(lock)) wakeBy(wakeOf(lock));
      },
      (error) => {
        lock.failed(error);
        if (locks.has(lock)) wakeBy(wakeOf(lock));
      },
    );
  }

  return {
    add(lock) {
      locks.add(lock);
      if (extending && lock.extendAt <= now()) extend(lock);
      wakeBy(wakeOf(lock));
    },
    delete(lock) {
      locks.delete(lock);
      if (locks.size > 0) return;
      clearTimeout(timer);
      wakeAt = Number.POSITIVE_INFINITY;
    },
    forcedOut(token) {
      for (const lock of locks) if (lock.token === token) lock.lose("it was forced out", true);
    },
    stopExtending() {
      for (const lock of locks) if (lock.claimed) extend(lock);
      extending = false;
    },
  };
}
