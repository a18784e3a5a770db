import type { Lock, Locker, LockOptions, MultiLock } from "@distlock/core";
import { orAborted } from "./signals";

/** A lock, or several as one, while the command runs. */
export interface Hold {
  /** One for each key. */
  readonly fences: ReadonlyMap<string, number>;
  /** Aborts with a `LockLostError` on loss. */
  readonly signal: AbortSignal;
  /** False from the loss on. A look after the end of the lease makes the loss final. */
  readonly isHeld: boolean;
}

export interface Taking {
  readonly keys: readonly string[];
  readonly options: LockOptions;
  /** Runs the work at most once in so many ms, in one attempt. */
  readonly once?: number | undefined;
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

/** Somebody else does the work of this period, or has done it. */
export class NotRun extends Error {
  override readonly name = "NotRun";
}

type Work<T> = (hold: Hold) => Promise<T>;

function holdOf(lock: Lock | MultiLock): Hold {
  return {
    fences: "fences" in lock ? lock.fences : new Map([[lock.key, lock.fence]]),
    signal: lock.signal,
    get isHeld() {
      return lock.isHeld;
    },
  };
}

/** The one place that decides how the lock is taken and given up. `isGood` says whether the work succeeded. */
export const underLock = <T>(
  locker: Locker,
  taking: Taking,
  work: Work<T>,
  isGood: (value: T) => boolean,
): Promise<Done<T>> =>
  taking.once === undefined
    ? whileHeld(locker, taking, work)
    : oncePerPeriod(locker, { ...taking, per: taking.once }, work, isGood);

/** Waits for the lock, does the work, and releases it. */
async function whileHeld<T>(
  locker: Locker,
  { keys, options, interrupted, patience }: Taking,
  work: Work<T>,
): Promise<Done<T>> {
  const wanted = { ...options, autoExtend: true, signal: interrupted };
  const lock = keys.length === 1 ? await locker.acquire(keys[0]!, wanted) : await locker.acquire([...keys], wanted);
  const release = (): Promise<unknown> =>
    orAborted(AbortSignal.timeout(patience), lock.release()).then(
      () => undefined,
      (error: unknown) => error,
    );
  try {
    // A signal may have come when the lock was granted already.
    interrupted.throwIfAborted();
    return { value: await work(holdOf(lock)), failure: await release() };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Does the work if nobody else has the key. After good work the key stays taken for the period; otherwise it is free at once. */
async function oncePerPeriod<T>(
  locker: Locker,
  { keys, options, per, interrupted }: Taking & { readonly per: number },
  work: Work<T>,
  isGood: (value: T) => boolean,
): Promise<Done<T>> {
  const { ttl, maxHold, label, waitReplicas } = options;
  let end: { readonly value: T } | undefined;
  try {
    const result = await locker.once(keys[0]!, { per, ttl, maxHold, label, waitReplicas }, async (lock) => {
      interrupted.throwIfAborted();
      end = { value: await work(holdOf(lock)) };
      if (!isGood(end.value)) throw new Error("the work failed");
    });
    if (!result.ran) throw new NotRun(describe(keys[0]!, result));
    return { value: end!.value, failure: undefined };
  } catch (error) {
    if (end === undefined) throw error;
    return { value: end.value, failure: isGood(end.value) ? error : undefined };
  }
}

function describe(key: string, { holder, until }: { holder: { readonly label?: string }; until: number }): string {
  const by = holder.label === undefined ? "another holder" : JSON.stringify(holder.label);
  const time = new Date(until).toISOString();
  return `not run: ${by} has ${JSON.stringify(key)} for this period, until ${time} if nothing changes`;
}
