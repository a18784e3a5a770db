import type { Locker, LockOptions } from "@distlock/core";
import type { Driver } from "@distlock/core/driver";
import { listenForForce } from "./forced-out";
import { orAborted } from "./signals";

/** A lock, or several as one, while the command runs. */
export interface Hold {
  /** One for each key. */
  readonly fences: ReadonlyMap<string, number>;
  /** Aborts with a `LockLostError` on loss. */
  readonly signal: AbortSignal;
  /** False from the loss on. A look after the end of the lease makes the loss final. */
  readonly isHeld: boolean;
  /** The reason of an operator who freed the lock by force. */
  readonly forcedBecause: string | undefined;
}

export interface Taking {
  readonly keys: readonly string[];
  readonly options: LockOptions;
  /** Ends the wait. */
  readonly interrupted: AbortSignal;
  /** How long a release may take, in ms. */
  readonly patience: number;
}

/** What the work resolved with, and why the lock could not be released, if it could not. */
export interface Done<T> {
  readonly value: T;
  readonly failure: unknown;
}

/** The one place that decides how the lock is taken and given up: waits for it, does the work, and releases it. */
export async function underLock<T>(
  { locker, driver }: { readonly locker: Locker; readonly driver: Driver },
  { keys, options, interrupted, patience }: Taking,
  work: (hold: Hold) => Promise<T>,
): Promise<Done<T>> {
  const wanted = { ...options, autoExtend: true, signal: interrupted };
  const lock = keys.length === 1 ? await locker.acquire(keys[0]!, wanted) : await locker.acquire([...keys], wanted);
  const forcedOut = listenForForce(driver.queue, lock);
  const hold: Hold = {
    fences: "fences" in lock ? lock.fences : new Map([[lock.key, lock.fence]]),
    signal: lock.signal,
    get isHeld() {
      return lock.isHeld;
    },
    get forcedBecause() {
      return forcedOut.reason;
    },
  };
  const release = (): Promise<unknown> =>
    orAborted(AbortSignal.timeout(patience), lock.release()).then(
      () => undefined,
      (error: unknown) => error,
    );
  try {
    // A signal may have come when the lock was granted already.
    interrupted.throwIfAborted();
    return { value: await work(hold), failure: await release() };
  } catch (error) {
    await release();
    throw error;
  } finally {
    forcedOut.close();
  }
}
