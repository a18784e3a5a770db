import { setImmediate } from "node:timers/promises";
import type { LockError, Locker } from "@distlock/core";
import { heldLock, whileHeld } from "./held-locks";
import { heldStream, isStream } from "./held-stream";
import { joinSignals } from "../support/join-signals";
import { whileNoted } from "./noted-failures";
import type { SharedLock } from "./shared-lock";
import { takeTurn } from "./take-turn";
import type { HowToHold } from "./turn-options";

/** What a call may pass on to what it calls. */
export interface HeldCall {
  /** Aborts when the lock is lost, and when the `signal` of the options does. */
  readonly signal: AbortSignal;
  readonly fence: number;
}

export interface CallEnds<R> {
  /** Ends the wait, and is part of the call's signal, as the `signal` of the options is. */
  readonly cancelled?: AbortSignal | undefined;
  /** For a result that is not done when it is given, and no stream to be read to its end: what settles when it is. */
  readonly until?: ((result: Awaited<R>) => PromiseLike<unknown> | undefined) | undefined;
  /** Gets what fails within the call and is noted. A call, or stream, that was good else rejects with the first of it. */
  readonly failures?: unknown[] | undefined;
  /** Whether it waits for the turns and other such calls that are under way within the same turn or call. */
  readonly inOrder?: boolean | undefined;
}

export function raise(loss: LockError): never {
  throw loss;
}

/**
 * Calls with the lock of the key held, that of a turn around the caller if there is one, until the result has settled; if it
 * is a stream, until that has ended, failed or been cancelled. The lock is held for the call and for all that it starts,
 * also when a stream is asked for more.
 * Rejects as `locker.acquire` does, or with `StaleTurnError` in a turn that has lost the lock, and does not call then. After
 * that the call's own error wins; a call that was good rejects with `LockLostError` if the lock was lost under way, and so
 * does a stream, when it is read on. A release that fails is a warning.
 * `options` are those of the lock; their `signal` ends the wait, and is part of the call's.
 */
export async function lockedCall<R>(
  locker: Locker,
  key: string,
  options: HowToHold,
  call: (held: HeldCall) => R,
  { cancelled, until, failures, inOrder }: CallEnds<R> = {},
): Promise<Awaited<R>> {
  const wait = joinSignals(options.signal, cancelled);
  let shared: SharedLock;
  try {
    const around = inOrder ? undefined : heldLock(locker, key);
    shared = around ?? (await takeTurn(locker, key, { ...options, signal: wait.signal }));
  } finally {
    wait.dispose();
  }
  const { lock } = shared;
  const leave = shared.enter("turn");
  const joined = joinSignals(lock.signal, options.signal, cancelled);
  const run = <T>(work: () => T | PromiseLike<T>): Promise<T> =>
    whileHeld(locker, shared, failures ? () => whileNoted(failures, work) : work);
  const lost = () => !lock.isHeld;
  async function over(good: boolean): Promise<void> {
    // Who is told to stop may say so before it has: it shall come to start what it still has to write.
    if (!good && joined.signal.aborted) await setImmediate();
    joined.dispose();
    const failed = good && failures !== undefined && failures.length > 0;
    const loss = lost() && lock.signal.reason;
    await leave(good && !failed ? raise : undefined);
    if (failed) throw failures[0];
    if (good && loss) raise(loss);
  }

  let result: Awaited<R>;
  try {
    if (lost()) raise(lock.signal.reason); // This process may have been busy since.
    result = await run(async () => await call({ signal: joined.signal, fence: lock.fence }));
    const done = until?.(result);
    if (done) {
      const idle = shared.busy();
      void Promise.resolve(done)
        .catch(() => {})
        .finally(idle)
        .then(() => over(false));
      return result;
    }
    if (isStream(result)) return heldStream(result, { run, lost, over }) as Awaited<R>;
  } catch (error) {
    await over(false);
    throw error;
  }
  await over(true);
  return result;
}
