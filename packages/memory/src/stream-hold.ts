/** What a stream holds, or is held by. */
export interface StreamHold {
  /** Aborts when the lock is lost. A stream that was not asked for anything until then holds nothing more, and fails. */
  readonly signal: AbortSignal;
  /** Asks the stream for more, or tells it to end. */
  run<T>(work: () => T): T;
  /** Whether nothing more may come of the stream: it is then told to end, and `over` rejects. */
  lost(): boolean;
  /**
   * Awaited before the reader learns that the stream has ended (`good`), failed or been cancelled. May reject if good: the
   * stream then fails.
   */
  over(good: boolean): Promise<void>;
}

/** That of a stream which may not have been asked for anything yet. */
export interface ReadHold extends StreamHold {
  /** Called before each read. */
  begin(): void;
}

/** As the hold, until the lock is lost before the first read: it is then over, and `begin` throws. */
export function untilRead(hold: StreamHold): ReadHold {
  const { signal, over } = hold;
  const giveUp = () => void over(false);
  if (signal.aborted) queueMicrotask(giveUp);
  else signal.addEventListener("abort", giveUp, { once: true });
  let begun = false;
  return {
    ...hold,
    begin() {
      if (!begun) signal.throwIfAborted();
      begun = true;
      signal.removeEventListener("abort", giveUp);
    },
  };
}
