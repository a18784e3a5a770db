import type { Lock } from "../../../packages/core/src/locker/lock";
import type { MultiLock } from "../../../packages/core/src/locker/multi-lock";
import type { Event } from "../../faults/event";
import { idOf } from "../id";

/** A lock of one key or of several. */
export type AnyLock = Lock | MultiLock;

export const keysOf = (lock: AnyLock): readonly string[] => ("keys" in lock ? lock.keys : [lock.key]);
export const idsOf = (lock: AnyLock): string[] => keysOf(lock).map((key) => idOf(lock.token, key));

export interface LookerOptions {
  readonly worker: string;
  now(): number;
  record(event: Event): void;
  /** Calls `look` after some ms. */
  after(ms: number, look: () => void): void;
  /** The token that holds a key on the server. */
  holder(key: string): string | undefined;
}

/** Looks at held locks at regular intervals, and records what they report. */
export interface Looker {
  /** `"look"` reads `isHeld`. `"listen"` only waits for the signal, because reading `isHeld` would itself detect the loss. */
  watch(lock: AnyLock, how: "look" | "listen"): () => void;
  /** Looks at once, even in the middle of a turn of the event loop. */
  look(): void;
}

const PERIOD = 25;

export function createLooker({ worker, now, record, after, holder }: LookerOptions): Looker {
  const looked = new Set<AnyLock>();
  const listened = new Map<AnyLock, AbortSignal>();
  let isTicking = false;

  function lost(lock: AnyLock, how: "signal" | "look"): void {
    for (const id of idsOf(lock)) record({ what: "lost", at: now(), worker, id, how });
  }

  function doubt(lock: AnyLock, at: number): void {
    for (const key of keysOf(lock)) {
      const other = holder(key);
      if (other === lock.token) continue;
      record({ what: "doubted", at, worker, key, id: idOf(lock.token, key), other: other && idOf(other, key) });
    }
  }

  function look(turned: boolean): void {
    const at = now();
    const held: AnyLock[] = [];
    for (const lock of looked) {
      if (lock.isHeld) {
        held.push(lock);
        doubt(lock, at);
      } else {
        lost(lock, "look");
        looked.delete(lock);
      }
    }
    if (held.length + listened.size === 0) return;
    const unwarned = [...listened.keys()].flatMap(idsOf);
    record({ what: "looks", at, worker, turned, held: held.flatMap(idsOf), unwarned });
  }

  function tick(): void {
    look(true);
    isTicking = looked.size + listened.size > 0;
    if (isTicking) after(PERIOD, tick);
  }

  function begin(): void {
    if (isTicking) return;
    isTicking = true;
    after(PERIOD, tick);
  }

  return {
    watch(lock, how) {
      begin();
      if (how === "look") {
        looked.add(lock);
        return () => void looked.delete(lock);
      }
      const { signal } = lock;
      const onAbort = () => {
        if (listened.delete(lock)) lost(lock, "signal");
      };
      listened.set(lock, signal);
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
      return () => {
        listened.delete(lock);
        signal.removeEventListener("abort", onAbort);
      };
    },
    look: () => look(false),
  };
}
