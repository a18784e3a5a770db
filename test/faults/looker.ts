import type { Lock } from "@distlock/core";
import { monotonic } from "./clock";
import type { Event } from "./event";
import { idOf } from "./id";

const PERIOD = 10;

/** Looks at held locks again and again, and records what they say. */
export interface Looker {
  /**
   * `"look"` asks `isHeld`; `"listen"` only listens to the signal, since to ask would be to find the loss out. Returns what
   * ends that.
   */
  watch(lock: Lock, how: "look" | "listen"): () => void;
  /** At once, in the middle of other work. */
  look(): void;
  stop(): void;
}

export function createLooker(worker: string, record: (event: Event) => void): Looker {
  const looked = new Set<Lock>();
  const listened = new Map<Lock, AbortSignal>();
  const idsOf = (locks: Iterable<Lock>) => [...locks].map(({ token }) => idOf(token));
  const lost = (lock: Lock) => record({ what: "lost", at: monotonic(), worker, id: idOf(lock.token) });

  function look(turned: boolean): void {
    const at = monotonic();
    const held: Lock[] = [];
    for (const lock of looked) {
      if (lock.isHeld) held.push(lock);
      else {
        lost(lock);
        looked.delete(lock);
      }
    }
    if (held.length + listened.size === 0) return;
    record({ what: "looks", at, worker, turned, held: idsOf(held), unwarned: idsOf(listened.keys()) });
  }

  const timer = setInterval(() => look(true), PERIOD);
  return {
    watch(lock, how) {
      if (how === "look") {
        looked.add(lock);
        return () => void looked.delete(lock);
      }
      const { signal } = lock;
      const onAbort = () => {
        if (listened.delete(lock)) lost(lock);
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
    stop: () => clearInterval(timer),
  };
}
