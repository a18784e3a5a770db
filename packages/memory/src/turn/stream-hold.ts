/** How a stream keeps its lock. */
export interface StreamHold {
  /** Asks the stream for more, or ends it, with the lock held. */
  run<T>(work: () => T | PromiseLike<T>): Promise<T>;
  /** Whether the lock was lost. The stream is then ended, and `over` rejects. */
  lost(): boolean;
  /**
   * Awaited before the reader learns that the stream has ended (`good`), failed or been cancelled. May reject if good: the
   * stream then fails.
   */
  over(good: boolean): Promise<void>;
}

/** One step of the stream. */
export async function step<T>(
  { run, lost, over }: StreamHold,
  next: () => Promise<IteratorResult<T>> | IteratorResult<T>,
  end: () => unknown,
): Promise<IteratorResult<T>> {
  let result: IteratorResult<T>;
  try {
    result = await run(next);
  } catch (error) {
    await over(false);
    throw error;
  }
  // Nobody awaits this end: it may take long, and its error would hide the loss.
  if (!result.done && lost()) void run(end).catch(() => {});
  if (result.done || lost()) await over(true);
  return result;
}
