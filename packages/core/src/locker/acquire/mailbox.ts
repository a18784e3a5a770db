import { clock, type Timer } from "../../driver/clock";
import { MAX_DELAY } from "../../driver/with-timeout";

/** Why a wait ended before the lock was granted. */
export type WaitEnd =
  | { readonly by: "timeout" }
  | { readonly by: "signal"; readonly reason: unknown }
  | { readonly by: "close" };

/** A wait that `close()` or an abort can end early. */
export interface PendingWait {
  end(how: WaitEnd): void;
}

const waitsOf = new WeakMap<AbortSignal, Set<PendingWait>>();

function onAbort(this: AbortSignal): void {
  for (const wait of [...waitsOf.get(this)!]) wait.end({ by: "signal", reason: this.reason });
}

/**
 * The mailbox of one waiting call. Replies, pushes and reminders are posted to it, and so is the end of the wait: by
 * its timeout, the caller's signal, or the closing of the locker. Not `Promise.race`: each round would leave a reaction at
 * a promise that lives as long as the wait.
 *
 * It has room for one unread event, the latest. That is enough: an event is unread for some microtasks only, and a dropped
 * event is found again. Until a reply was read, the waiter posts nothing but a valid grant, so only such a grant can
 * replace a reply. A message, a failure or a reminder that is replaced says nothing that the next request or heartbeat
 * does not say again, and after each event comes the next request, the next heartbeat, or the end of the wait.
 */
export class Mailbox<T> implements PendingWait {
  readonly #signal: AbortSignal | undefined;
  readonly #pendingWaits: Set<PendingWait>;
  #end: WaitEnd | undefined;
  #unread: T | undefined;
  #reader: ((event: T | WaitEnd) => void) | undefined;
  #timeout: Timer | undefined;
  #reminder: Timer | undefined;

  constructor(timeout: number, signal: AbortSignal | undefined, pendingWaits: Set<PendingWait>) {
    this.#signal = signal;
    this.#pendingWaits = pendingWaits;
    pendingWaits.add(this);
    if (timeout !== Infinity) this.#endAfter(timeout);
    if (signal === undefined) return;
    // One listener per signal, however many waits share it: Node warns of more than ten.
    const others = waitsOf.get(signal);
    if (others) others.add(this);
    else {
      waitsOf.set(signal, new Set<PendingWait>([this]));
      signal.addEventListener("abort", onAbort, { once: true });
    }
  }

  #endAfter(ms: number): void {
    const step = Math.min(ms, MAX_DELAY);
    // After a stall of the event loop, the events that arrived meanwhile come first.
    const end = () => this.end({ by: "timeout" });
    const next = () => (ms > step ? this.#endAfter(ms - step) : clock.immediate(end));
    this.#timeout = clock.after(step, next, true);
  }

  /** Resolves with the unread event, or else with the next one. After the wait has ended, always with its end. */
  next(): Promise<T | WaitEnd> {
    return new Promise((resolve) => {
      const ready = this.#end ?? this.#unread;
      if (ready === undefined) this.#reader = resolve;
      else resolve(ready);
      this.#unread = undefined;
    });
  }

  post(event: T): void {
    if (this.#reader) this.#reader(event);
    else this.#unread = event;
    this.#reader = undefined;
  }

  /** Posts the event after `ms`, in place of an earlier reminder. */
  remind(ms: number, event: T): void {
    this.cancelReminder();
    this.#reminder = clock.after(Math.min(ms, MAX_DELAY), () => this.post(event), true);
  }

  cancelReminder(): void {
    clock.cancel(this.#reminder);
  }

  /** Drops the unread event. */
  clear(): void {
    this.#unread = undefined;
  }

  end(how: WaitEnd): void {
    this.#end ??= how;
    this.#reader?.(this.#end);
  }

  /** Leaves no timer and no listener behind. */
  dispose(): void {
    clock.cancel(this.#timeout);
    this.cancelReminder();
    this.#pendingWaits.delete(this);
    const signal = this.#signal;
    if (signal === undefined) return;
    const others = waitsOf.get(signal)!;
    others.delete(this);
    if (others.size > 0) return;
    waitsOf.delete(signal);
    signal.removeEventListener("abort", onAbort);
  }
}
