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

export function createStop(ms: number, signal: AbortSignal | undefined, closing: Set<() => void>): Stop {
  let end!: (ending: Ending) => void;
  const ended = new Promise<Ending>((resolve) => {
    end = resolve;
  });
  const onAbort = () => end({ by: "signal", reason: signal?.reason });
  const onClose = () => end({ by: "close" });
  let timer: NodeJS.Timeout | undefined;
  let pause: NodeJS.Timeout | undefined;

  function startTimer(left: number): void {
    if (left === Number.POSITIVE_INFINITY) return;
    const step = Math.min(left, MAX_DELAY);
    timer = setTimeout(() => (left > step ? startTimer(left - step) : end({ by: "timeout" })), step);
  }

  startTimer(ms);
  signal?.addEventListener("abort", onAbort, { once: true });
  closing.add(onClose);

  return {
    race: (promise) => Promise.race([promise, ended]),
    async sleep(delay) {
      const rest = new Promise<undefined>((resolve) => {
        pause = setTimeout(resolve, Math.min(delay, MAX_DELAY), undefined);
      });
      return Promise.race([rest, ended]);
    },
    dispose() {
      clearTimeout(timer);
      clearTimeout(pause);
      signal?.removeEventListener("abort", onAbort);
      closing.delete(onClose);
    },
  };
}
