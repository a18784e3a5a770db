import { MAX_DELAY } from "./within";

/** Why a wait ends before the lock is granted. */
export type Ending =
  | { readonly by: "timeout" }
  | { readonly by: "signal"; readonly reason: unknown }
  | { readonly by: "close" };

/** Everything that can end one wait, in one place: its time, the caller's signal, and the closing of the locker. */
export interface Stop {
  /** The promise's value, or the ending if that comes first; then a later rejection of the promise is handled. */
  race<T>(promise: Promise<T>): Promise<T | Ending>;
  sleep(ms: number): Promise<Ending | undefined>;
  /** Leaves no timer and no listener behind. */
  dispose(): void;
}

interface Watch {
  readonly ends: Set<() => void>;
  readonly listener: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/** One listener per signal, however many wait with it: Node warns of more than ten. Gives back what stops watching. */
function watchSignal(signal: AbortSignal, end: () => void): () => void {
  let watch = watches.get(signal);
  if (watch === undefined) {
    const ends = new Set<() => void>();
    const listener = () => {
      for (const each of [...ends]) each();
    };
    watch = { ends, listener };
    watches.set(signal, watch);
    signal.addEventListener("abort", listener, { once: true });
  }
  const { ends, listener } = watch;
  ends.add(end);
  return () => {
    ends.delete(end);
    if (ends.size > 0) return;
    watches.delete(signal);
    signal.removeEventListener("abort", listener);
  };
}

export function createStop(ms: number, signal: AbortSignal | undefined, closing: Set<() => void>): Stop {
  let ended: Ending | undefined;
  let tell: ((ending: Ending) => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let pause: NodeJS.Timeout | undefined;

  function end(ending: Ending): void {
    ended ??= ending;
    tell?.(ended);
  }

  function startTimer(left: number): void {
    if (left === Number.POSITIVE_INFINITY) return;
    const step = Math.min(left, MAX_DELAY);
    timer = setTimeout(() => (left > step ? startTimer(left - step) : end({ by: "timeout" })), step);
  }

  // Not Promise.race: it would leave a reaction at a promise of the whole wait with each attempt.
  const race = <T>(promise: Promise<T>): Promise<T | Ending> =>
    new Promise((resolve, reject) => {
      if (ended) resolve(ended);
      tell = resolve;
      promise.then(resolve, reject);
    });

  const onClose = () => end({ by: "close" });
  startTimer(ms);
  closing.add(onClose);
  const unwatch = signal && watchSignal(signal, () => end({ by: "signal", reason: signal.reason }));

  return {
    race,
    sleep: (delay) =>
      race(
        new Promise<undefined>((resolve) => {
          pause = setTimeout(resolve, Math.min(delay, MAX_DELAY), undefined);
        }),
      ),
    dispose() {
      clearTimeout(timer);
      clearTimeout(pause);
      closing.delete(onClose);
      unwatch?.();
    },
  };
}
