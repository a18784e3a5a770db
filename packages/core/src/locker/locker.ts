import { acquireLock } from "./acquire";
import { backendError, noAnswer, type Verb } from "../driver/backend-error";
import type { Driver, Inspection, Replicator } from "../driver/driver";
import { type LockError, LockerClosedError, LockNotAcquiredError } from "../driver/errors";
import { createKeeper } from "./keeper";
import { assertKey, inLockOrder } from "../driver/keys";
import { kindOf } from "../driver/kind-of";
import { type Grant, HeldLock, type Lock } from "./lock";
import { HeldLocks, type MultiLock } from "./multi-lock";
import { isNested, NESTED, withinLock } from "./nesting";
import { defaultsFor, type LockOptions, type ResolvedOptions, resolveOptions } from "./options";
import { createQueue } from "./queue";
import { newInbox } from "./token";
import { createUndo, written } from "./undo";
import type { Endable } from "./wait";
import { warn, warnOfShortLease } from "../driver/warning";
import { ANSWER_TIMEOUT, within } from "../driver/within";

/** One key, or several as one: all or none of them, in whatever order they are given. */
export type Keys = string | readonly string[];

/** What is given for them. */
export type LockOf<K extends Keys> = K extends string ? Lock : MultiLock;

export type Work<T, L = Lock> = (lock: L) => T | PromiseLike<T>;

/**
 * Gives out locks. Bad keys and options reject with `TypeError` or `RangeError` before anything is sent; every other
 * failure is a `LockError`, except that an aborted wait rejects with the signal's reason.
 */
export interface Locker {
  /**
   * One attempt: the lock, or `null` when somebody else has it. Rejects with `LockBackendError` if Redis does not answer
   * within 5 s or refuses.
   */
  tryAcquire<K extends Keys>(key: K, options?: LockOptions): Promise<LockOf<K> | null>;
  /**
   * Waits for the lock. Rejects with `LockNotAcquiredError` if it stays held, with `LockBackendError` if Redis does not
   * answer or refuses, with `signal.reason` if the caller aborts, with `LockerClosedError` if the locker closes. Of several
   * keys it waits for one at a time, and holds those that come before it meanwhile.
   */
  acquire<K extends Keys>(key: K, options?: LockOptions): Promise<LockOf<K>>;
  /**
   * Waits for the lock, does the work while the lease is kept alive, releases; gives the work's result. The work's own
   * error always wins. Rejects with `LockLostError` if the work was done but the lock was lost on the way. If only the
   * release could not reach Redis, the result is given and a warning published: the ttl frees the lock.
   */
  withLock<T, K extends Keys>(key: K, work: Work<T, LockOf<K>>): Promise<T>;
  withLock<T, K extends Keys>(key: K, options: LockOptions, work: Work<T, LockOf<K>>): Promise<T>;
  /** What Redis knows of the key. Rejects with `LockBackendError` when it does not answer: it never guesses. */
  inspect(key: string): Promise<Inspection>;
  /** For operators: frees the lock whoever holds it. True if somebody did; that holder's lock is lost. */
  forceRelease(key: string): Promise<boolean>;
  /**
   * Ends waiting and every later call with `LockerClosedError`, and stops automatic extension. Held locks keep their
   * deadline and can still be released. Closes what the locker opened (its inbox), not what the caller did (the client).
   */
  close(): Promise<void>;
}

/** `options` are the defaults of this locker's calls. Throws `TypeError` or `RangeError` for bad ones. */
export function createLocker(driver: Driver, options?: LockOptions): Locker {
  if (typeof driver?.acquire !== "function" || typeof driver.extend !== "function") {
    throw new TypeError("createLocker needs a driver, such as ioredisDriver(client) or nodeRedisDriver(client)");
  }
  const abilities = { canQueue: driver.listen !== undefined, canReplicate: driver.replicator !== undefined };
  const defaults = defaultsFor(abilities);
  const forLock = resolveOptions(abilities, defaults, options);
  const forWork = resolveOptions(abilities, { ...defaults, autoExtend: true }, options);
  const inbox = newInbox();
  const keeper = createKeeper(driver);
  const undo = createUndo(driver);
  const queue = createQueue(driver, inbox, undo, keeper.forcedOut);
  const closing = new Set<Endable>();
  let replicator: Replicator | undefined;
  const openReplicator = () => {
    replicator ??= driver.replicator!();
    return replicator;
  };
  const waiting = { driver, inbox, queue, undo, replicator: openReplicator, closing };
  const holding = { driver, keeper, undo, queue };
  let closed = false;

  function enter(key: string): void {
    assertKey(key);
    if (closed) throw new LockerClosedError(key);
  }

  async function lockFor<K extends Keys>(
    key: K,
    base: ResolvedOptions,
    given: LockOptions | undefined,
    timeout?: 0,
  ): Promise<LockOf<K>> {
    const keys = typeof key === "string" ? [key] : inLockOrder(key);
    enter(keys[0]!);
    const asked = resolveOptions(abilities, base, given);
    const once = (timeout ?? asked.timeout) === 0;
    const how: ResolvedOptions = once ? { ...asked, wait: "retry", maxAttempts: 1, timeout: ANSWER_TIMEOUT } : asked;
    if (asked.autoExtend) warnOfShortLease(asked.ttl);
    const nested = !once && isNested(driver, keys);
    const grant = await granted(keys, how, nested);
    const locks = keys.map((each, i) => new HeldLock(each, grant.fences[i]!, grant, asked, holding));
    // The extension to the whole ttl is on its way before work begins that may keep the event loop busy.
    if (grant.claimed) await written();
    const lock: Lock | MultiLock = typeof key === "string" ? locks[0]! : new HeldLocks(locks);
    return lock as LockOf<K>;
  }

  /** An error of contention says what is known here of who has the lock. */
  async function granted(keys: readonly string[], options: ResolvedOptions, nested: boolean): Promise<Grant> {
    try {
      return await acquireLock(keys, options, waiting);
    } catch (error) {
      if (!(error instanceof LockNotAcquiredError)) throw error;
      const { key, attempts, waited } = error;
      const holder = keeper.holds(key) ? "held by another call of this locker" : "held by another";
      const queued = options.wait === "queue";
      throw new LockNotAcquiredError(key, { attempts, waited, queued }, nested ? NESTED : holder);
    }
  }

  async function ask<T>(verb: Verb, key: string, send: () => Promise<T>): Promise<T> {
    enter(key);
    try {
      return await within(ANSWER_TIMEOUT, send(), () => noAnswer(key, verb));
    } catch (error) {
      throw backendError(key, verb, error);
    }
  }

  const locker: Locker = {
    async tryAcquire(key, call) {
      try {
        return await lockFor(key, forLock, call, 0);
      } catch (error) {
        if (error instanceof LockNotAcquiredError) return null;
        throw error;
      }
    },

    acquire: (key, call) => lockFor(key, forLock, call),

    async withLock<T, K extends Keys>(
      key: K,
      ...rest: [Work<T, LockOf<K>>] | [LockOptions, Work<T, LockOf<K>>]
    ): Promise<T> {
      const [call, work] = rest.length === 1 ? [undefined, rest[0]] : rest;
      if (typeof work !== "function")
        throw new TypeError(`withLock needs the work to do: a function of the lock, got ${kindOf(work)}`);
      const lock = await lockFor(key, forWork, call);
      let result: T;
      try {
        result = await withinLock(driver, typeof key === "string" ? [key] : key, () => work(lock));
      } catch (error) {
        await lock.release().catch(warn);
        throw error;
      }
      await lock.release().catch((error: LockError) => {
        if (error.code !== "LOCK_BACKEND") throw error;
        warn(error);
      });
      return result;
    },

    async inspect(key) {
      const { held, remaining, fence, waiting } = await ask("inspect", key, () => driver.inspect(key));
      return { held, remaining, fence, waiting };
    },

    forceRelease: (key) => ask("forceRelease", key, () => driver.forceRelease(key)),

    async close() {
      if (closed) return;
      closed = true;
      keeper.stopExtending();
      for (const wait of closing) wait.end({ by: "close" });
      await queue.close();
      replicator?.close();
      await written();
    },
  };
  return locker;
}
