import { MAX_DELAY } from "../driver/within";

/** Why a wait ends before the lock is granted. */
export type Ending =
  | { readonly by: "timeout" }
  | { readonly by: "signal"; readonly reason: unknown }
  | { readonly by: "close" };

/** What can be ended. */
export interface Endable {
  end(ending: Ending): void;
}

const waiting = new WeakMap<AbortSignal, Set<Endable>>();

function onAbort(this: AbortSignal): void {
  for (const wait of [...waiting.get(this)!]) wait.end({ by: "signal", reason: this.reason });
}

/**
 * Everything that one who waits may hear of, in one place: what he is told, and what ends the wait (its time, the caller's
 * signal, the closing of the locker). Not by Promise.race: each attempt would leave a reaction at a promise of the whole wait.
 */
export class Wait<T> implements Endable {
  readonly #signal: AbortSignal | undefined;
  readonly #closing: Set<Endable>;
  #ended: Ending | undefined;
  #told: T | undefined;
  #hear: ((heard: T | Ending) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number, signal: AbortSignal | undefined, closing: Set<Endable>) {
    this.#signal = signal;
    this.#closing = closing;
    closing.add(this);
    if (ms !== Number.POSITIVE_INFINITY) this.#endAfter(ms);
    if (signal === undefined) return;
    // One listener per signal, however many wait with it: Node warns of more than ten.
    const others = waiting.get(signal);
    if (others) others.add(this);
    else {
      waiting.set(signal, new Set<Endable>([this]));
      signal.addEventListener("abort", onAbort, { once: true });
    }
  }

  #endAfter(ms: number): void {
    const step = Math.min(ms, MAX_DELAY);
    // After a stall of the event loop, what has arrived meanwhile is heard first.
    const end = () => this.end({ by: "timeout" });
    const next = () => (ms > step ? this.#endAfter(ms - step) : setImmediate(end));
    this.#timer = setTimeout(next, step);
  }

  /** What was told last and not heard yet, else the next; when the wait has ended only that. */
  heard(): Promise<T | Ending> {
    return new Promise((resolve) => {
      const ready = this.#ended ?? this.#told;
      if (ready === undefined) this.#hear = resolve;
      else resolve(ready);
      this.#told = undefined;
    });
  }

  tell(news: T): void {
    if (this.#hear) this.#hear(news);
    else this.#told = news;
    this.#hear = undefined;
  }

  /** Forgets what was told and not heard yet. */
  forget(): void {
    this.#told = undefined;
  }

  end(ending: Ending): void {
    this.#ended ??= ending;
    this.#hear?.(this.#ended);
  }

  /** Leaves no timer and no listener behind. */
  dispose(): void {
    clearTimeout(this.#timer);
    this.#closing.delete(this);
    const signal = this.#signal;
    if (signal === undefined) return;
    const others = waiting.get(signal)!;
    others.delete(this);
    if (others.size > 0) return;
    waiting.delete(signal);
    signal.removeEventListener("abort", onAbort);
  }
}
