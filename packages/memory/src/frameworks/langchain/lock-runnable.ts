import type { Locker } from "@distlock/core";
import { lockedRunnable, type RunnableLike } from "./locked-runnable";
import type { RunOptions } from "./run-options";

/**
 * A runnable of LangChain, such as `RunnableWithMessageHistory`, each of whose runs is one turn of its conversation: it
 * reads the history, asks the model and saves under one lock. `invoke`, `stream`, `streamEvents`, `transform`, `streamLog`
 * and each input of `batch` are runs. The session is `config.configurable.sessionId`; a run without it rejects with
 * `TypeError`, or throws it where it returns a stream at once. The result of `withConfig`, `withRetry`, `pipe` and the like is
 * locked as a whole.
 *
 * A run waits for the lock, up to `timeout` or until its `signal` aborts. Its stream holds the lock until it has been read to its
 * end, or cancelled; a stream that nobody reads on loses it after `maxIdle`. Within a turn or a run of the same session and locker,
 * a run uses the lock of that.
 * The runnable gets a `signal` that also aborts when the lock is lost.
 *
 * Rejects as `locker.acquire` does, and with `StaleTurnError` in a turn that has lost its lock; the runnable is then not
 * called. After that its own error wins; a run that was good rejects with `LockLostError` if the lock was lost on the way.
 * Throws `TypeError` or `RangeError` for bad options.
 */
export const lockRunnable = <R extends RunnableLike>(runnable: R, locker: Locker, options: RunOptions = {}): R =>
  lockedRunnable(runnable, locker, options, { name: "lockRunnable", id: "sessionId" });
