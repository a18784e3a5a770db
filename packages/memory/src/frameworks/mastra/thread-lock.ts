import type { Lock, LockError, Locker, LockOptions } from "@distlock/core";
import { checkLockOptions, warn } from "@distlock/core/driver";
import { assertLocker } from "../../support/assert-locker";
import { frameworkKey } from "../framework-key";

/** How the lock of a thread is waited for and held. All times are in ms. */
export interface ThreadLockOptions extends Omit<LockOptions, "signal" | "autoExtend"> {
  /** Longest wait for a thread that another process has. Default 0: one attempt. */
  timeout?: number | undefined;
  /** The key of a thread's lock. Default `mastra:thread:{<thread id>}`, percent-encoded. */
  key?: ((threadId: string) => string) | undefined;
  /**
   * Called when a thread's lock is lost while the thread is in use; the controller does not learn of it by itself, so end
   * the session's run here. Default: a warning.
   */
  onLost?: ((threadId: string, error: LockError) => void) | undefined;
}

/** The `threadLock` of an `AgentController`. */
export interface ThreadLock {
  /**
   * Rejects with `LockNotAcquiredError` if another process has the thread, with `LockBackendError` if Redis does not answer,
   * with `TypeError` or `RangeError` for a thread id that has no key. Each call for a thread that this one holds already
   * counts, and is to be released; after a loss the count begins anew.
   */
  acquire(threadId: string): Promise<void>;
  /**
   * The last release of a thread frees it; one without acquire does nothing. Never rejects: a release that fails is a
   * warning, and is repeated in the background.
   */
  release(threadId: string): Promise<void>;
  /** Frees all threads at once, for the end of the process. Otherwise they stay locked until their leases end. */
  releaseAll(): Promise<void>;
}

interface Use {
  readonly lock: Promise<Lock>;
  count: number;
}

/**
 * One process at a time has a thread, from the `acquire` to the last `release`; its lease is kept alive meanwhile.
 * Throws `TypeError` or `RangeError` for bad options.
 */
export function threadLock(locker: Locker, options: ThreadLockOptions = {}): ThreadLock {
  assertLocker("threadLock", locker);
  if (typeof options !== "object" || options === null) throw new TypeError("options must be an object");
  for (const name of ["signal", "autoExtend"]) {
    if (name in options)
      throw new TypeError(`${name} is not an option of threadLock: a thread is held until its release`);
  }
  const { key, onLost, timeout = 0, ...rest } = options;
  if (onLost !== undefined && typeof onLost !== "function") {
    throw new TypeError(`onLost must be a function of the thread id and the error, got ${typeof onLost}`);
  }
  const keyOf = frameworkKey("mastra:thread", "thread id", key);
  const how: LockOptions = { ...rest, timeout, autoExtend: true };
  checkLockOptions(how);

  const uses = new Map<string, Use>();
  /** Releases under way: the next acquire of this process must not find its own old lock. */
  const leaving = new Map<string, Promise<void>>();

  function forget(key: string, use: Use): void {
    if (uses.get(key) === use) uses.delete(key);
  }

  function begin(key: string, threadId: string): Use {
    const wanted = async () => {
      await leaving.get(key);
      return locker.acquire(key, how);
    };
    const use: Use = { lock: wanted(), count: 0 };
    uses.set(key, use);
    use.lock.then(
      ({ signal }) => {
        const lost = () => {
          if (onLost) onLost(threadId, signal.reason);
          else warn(signal.reason);
        };
        if (signal.aborted) lost();
        else signal.addEventListener("abort", lost, { once: true });
      },
      () => forget(key, use),
    );
    return use;
  }

  async function free({ lock }: Use): Promise<void> {
    const held = await lock.catch(() => undefined); // the call of acquire rejects with it
    await held?.release().catch((error: LockError) => {
      if (error.code !== "LOCK_LOST") warn(error); // a loss was reported already
    });
  }

  function leave(key: string, use: Use): Promise<void> {
    forget(key, use);
    const left = free(use);
    leaving.set(key, left);
    return left.finally(() => {
      if (leaving.get(key) === left) leaving.delete(key);
    });
  }

  return {
    async acquire(threadId) {
      const key = keyOf(threadId);
      for (;;) {
        const use = uses.get(key) ?? begin(key, threadId);
        use.count++;
        // Judged now: a process that was frozen past its lease learns here that it has lost the thread.
        if ((await use.lock).isHeld) return;
        forget(key, use);
      }
    },

    async release(threadId) {
      const key = keyOf(threadId);
      const use = uses.get(key);
      if (use && --use.count <= 0) await leave(key, use);
    },

    async releaseAll() {
      await Promise.all([...uses].map(([key, use]) => leave(key, use)));
    },
  };
}
