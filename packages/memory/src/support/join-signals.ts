export interface JoinedSignal {
  /** Aborts as soon as one of the signals does, with its reason. */
  readonly signal: AbortSignal;
  /** Aborts it, even if the others have not aborted. */
  abort(reason: unknown): void;
  /** Leaves no listener behind, as when it has aborted. */
  dispose(): void;
}

/**
 * Throws `TypeError` for a value that is not a signal. `AbortSignal.any` leaves an entry on a long-lived signal for every call
 * (Node 20), so this listens by itself.
 */
export function joinSignals(...given: readonly (AbortSignal | undefined)[]): JoinedSignal {
  const controller = new AbortController();
  const signals = given.filter((signal) => signal !== undefined);
  for (const signal of signals) {
    if (typeof signal?.addEventListener === "function") continue;
    throw new TypeError(`signal must be an AbortSignal, got ${signal === null ? "null" : typeof signal}`);
  }
  function dispose(): void {
    for (const signal of signals) signal.removeEventListener("abort", onAbort);
  }
  function abort(reason: unknown): void {
    dispose();
    controller.abort(reason);
  }
  function onAbort(): void {
    abort(signals.find(({ aborted }) => aborted)?.reason);
  }
  for (const signal of signals) signal.addEventListener("abort", onAbort);
  if (signals.some(({ aborted }) => aborted)) onAbort();
  return { signal: controller.signal, abort, dispose };
}
