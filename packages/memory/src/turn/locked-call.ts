import { setImmediate } from "node:timers/promises";
import type { Locker } from "@distlock/core";
import { joinSignals } from "../support/join-signals";
import { heldLock, runWithLock } from "./held-locks";
import { heldStream, isStream } from "./held-stream";
import type { SharedLock } from "./shared-lock";
import { takeTurn } from "./take-turn";
import type { HowToHold } from "./turn-options";

/** The signal and fence that a call may pass on to the code that it calls. */
export interface HeldCall {
  /** Aborts when the lock is lost, and when the `signal` of the options does. */
  readonly signal: AbortSignal;
  readonly fence: number;
}

/** Records failures that a framework keeps to itself. */
export interface FailureLog {
  readonly failures: readonly unknown[];
  /** Does the work, and adds its failures. */
  collect<T>(work: () => T): T;
}

export interface CallHooks<R> {
  /** Ends the wait, and is part of the call's signal, as the `signal` of the options is. */
  readonly cancelled?: AbortSignal | undefined;
  /** For a result that goes on by itself, and is not a stream that is read to its end: it ends when this settles. */
  readonly until?: ((result: Awaited<R>) => PromiseLike<unknown> | undefined) | undefined;
  /** A good call, or a good stream, rejects with the first failure that was recorded within it. */
  readonly log?: FailureLog | undefined;
  /** Whether it waits for the turns and other such calls that are under way within the same turn or call. */
  readonly inOrder?: boolean | undefined;
}

async function lockFor(
  locker: Locker,
  key: string,
  options: HowToHold,
  { cancelled, inOrder }: CallHooks<never>,
): Promise<SharedLock> {
  const wait = joinSignals(options.signal, cancelled);
  try {
    const around = inOrder ? undefined : heldLock(locker, key);
    return around ?? (await takeTurn(locker, key, { ...options, signal: wait.signal }));
  } finally {
    wait.dispose();
  }
}

/**
 * Calls with the lock of the key held, or with the lock of a turn around the caller if there is one, until the result has
 * settled; if the result is a stream, until that has ended, failed or been cancelled. The lock is held for the call and for
 * all that it starts, even when a stream is asked for more.
 * Rejects as `locker.acquire` does, or with `StaleTurnError` in a turn that has lost the lock, and does not call then. After
 * that the call's own error wins. A good call rejects with `LockLostError` if the lock was lost under way, and so does a
 * stream, when it is read on. A release that fails is a warning.
 * `options` are the options of the lock. Their `signal` ends the wait, and is part of the call's signal.
 */
export async function lockedCall<R>(
  locker: Locker,
  key: string,
  options: HowToHold,
  call: (held: HeldCall) => R,
  hooks: CallHooks<R> = {},
): Promise<Awaited<R>> {
  const { cancelled, until, log } = hooks;
  const shared = await lockFor(locker, key, options, hooks);
  const { lock } = shared;
  const leave = shared.enter("turn");
  const joined = joinSignals(lock.signal, options.signal, cancelled);
  const run = <T>(work: () => T | PromiseLike<T>): Promise<T> =>
    runWithLock(locker, shared, log ? () => log.collect(work) : work);
  const lost = () => !lock.isHeld;

  async function over(good: boolean): Promise<void> {
    // An aborted call may reject before its work has ended: the turn of the event loop lets that work begin its remaining writes.
    if (!good && joined.signal.aborted) await setImmediate();
    joined.dispose();
    const failed = good && log !== undefined && log.failures.length > 0;
    const loss = lost() && lock.signal.reason;
    await leave(good && !failed ? "throw" : "warn");
    if (failed) throw log.failures[0];
    if (good && loss) throw loss;
  }

  function overWhen(done: PromiseLike<unknown>): void {
    const idle = shared.busy();
    void Promise.resolve(done)
      .catch(() => {})
      .finally(idle)
      .then(() => over(false));
  }

  let result: Awaited<R>;
  try {
    if (lost()) throw lock.signal.reason; // This process may have been busy since.
    result = await run(async () => await call({ signal: joined.signal, fence: lock.fence }));
    const done = until?.(result);
    if (done) {
      overWhen(done);
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
