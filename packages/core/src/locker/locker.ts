import type { Driver, Inspection, Replicator } from "../driver/driver";
import { type LockError, LockerClosedError, LockNotAcquiredError } from "../driver/errors";
import { assertKey, inLockOrder } from "../driver/keys";
import { kindOf } from "../driver/kind-of";
import { now } from "../driver/lease";
import { inspectionOf } from "../driver/party";
import { warn, warnOfShortLease } from "../driver/warning";
import { acquireLock } from "./acquire/acquire";
import type { AcquireTools } from "./acquire/acquire-tools";
import type { PendingWait } from "./acquire/mailbox";
import { oneAttempt } from "./acquire/retry";
import { clientsFlushed } from "./clients-flushed";
import { type ForceReleaseOptions, forceRelease } from "./force-release";
import { createGiveUpToken } from "./give-up-token";
import type { Grant } from "./grant";
import { HeldLock } from "./hold/held-lock";
import type { HoldTools } from "./hold/hold-tools";
import { createLeaseMonitor } from "./hold/lease-monitor";
import { isHeldAfterSending } from "./hold/lock-calls";
import { createLock, type Lock } from "./lock";
import { lockerIdentity } from "./locker-identity";
import { createMultiLock, type MultiLock } from "./multi-lock";
import { isNested, NESTED, withinLock } from "./nesting";
import { defaultsFor, type LockOptions, type ResolvedOptions, resolveOptions } from "./options";
import { createQueue } from "./queue/queue";
import { newInbox } from "./token";
import { withDeadline } from "./with-deadline";

/** One key, or several as one: all or none of them. Their order does not matter. */
export type Keys = string | readonly string[];

/** A `Lock` for one key, a `MultiLock` for several. */
export type LockOf<K extends Keys> = K extends string ? Lock : MultiLock;

export type Work<T, L = Lock> = (lock: L) => T | PromiseLike<T>;

/**
 * Grants locks. Bad keys and options reject with `TypeError` or `RangeError` before anything is sent; every other
 * failure is a `LockError`, except that an aborted wait rejects with the signal's reason.
 */
export interface Locker {
  /**
   * One attempt: the lock, or `null` if another token has it. Rejects with `LockBackendError` if Redis does not answer
   * within 5 s or refuses.
   */
  tryAcquire<K extends Keys>(key: K, options?: LockOptions): Promise<LockOf<K> | null>;
  /**
   * Waits for the lock. Rejects with `LockNotAcquiredError` if it stays held, with `LockBackendError` if Redis does not
   * answer or refuses, with `signal.reason` if the caller aborts, with `LockerClosedError` if the locker closes. With
   * several keys it waits for one at a time, and holds the keys before that one meanwhile.
   */
  acquire<K extends Keys>(key: K, options?: LockOptions): Promise<LockOf<K>>;
  /**
   * Waits for the lock, does the work while the lease is kept alive, releases, and resolves with the work's result. The
   * work's own error always wins. Rejects with `LockLostError` if the work was done but the lock was lost on the way.
   * If only the release could not reach Redis, it resolves with the result and publishes a warning: the ttl frees the
   * lock.
   */
  withLock<T, K extends Keys>(key: K, work: Work<T, LockOf<K>>): Promise<T>;
  withLock<T, K extends Keys>(key: K, options: LockOptions, work: Work<T, LockOf<K>>): Promise<T>;
  /** What Redis knows of the key. Rejects with `LockBackendError` when it does not answer: it never guesses. */
  inspect(key: string): Promise<Inspection>;
  /**
   * For operators: frees the lock, no matter who holds it; the holder's lock is lost. True if it freed the lock. With the fence
   * that `inspect` named, it frees that hold only.
   */
  forceRelease(key: string, options?: ForceReleaseOptions): Promise<boolean>;
  /**
   * Ends waiting and every later call with `LockerClosedError`, and stops automatic extension. Held locks keep their
   * deadline and can still be released. Closes what the locker opened (its inbox), not what the caller did (the
   * client).
   */
  close(): Promise<void>;
  /** One object that a locker and all decorators of it share. */
  readonly [lockerIdentity]?: object | undefined;
}

/** `options` are the defaults of this locker's calls. Throws `TypeError` or `RangeError` for bad ones. */
export function createLocker(driver: Driver, options?: LockOptions): Locker {
  if (typeof driver?.acquire !== "function" || typeof driver.extend !== "function") {
    throw new TypeError("createLocker needs a driver, such as ioredisDriver(client) or nodeRedisDriver(client)");
  }
  const abilities = { canQueue: driver.queue !== undefined, canReplicate: driver.replicas !== undefined };
  const defaults = defaultsFor(abilities);
  const forLock = resolveOptions(abilities, defaults, options);
  const forWork = resolveOptions(abilities, { ...defaults, autoExtend: true }, options);
  const inbox = newInbox();
  const monitor = createLeaseMonitor(driver);
  const giveUpToken = createGiveUpToken(driver);
  const queue = driver.queue && createQueue(driver.queue, inbox, giveUpToken, monitor.forcedOut);
  const pendingWaits = new Set<PendingWait>();
  let replicator: Replicator | undefined;
  const openReplicator = () => {
    replicator ??= driver.replicas!();
    return replicator;
  };
  const acquireTools: AcquireTools = { driver, inbox, queue, giveUpToken, openReplicator, pendingWaits };
  const holdTools: HoldTools = { driver, monitor, giveUpToken, queue };
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
    if (asked.autoExtend) warnOfShortLease(asked.ttl);
    const how = once ? oneAttempt(asked) : asked;
    const until = now() + how.timeout;
    const nested = !once && isNested(driver, keys);
    let grant: Grant;
    try {
      grant = await acquireLock(keys, how, acquireTools);
    } catch (error) {
      throw explained(error, how, nested);
    }
    const held = keys.map((each, i) => new HeldLock(each, grant.fences[i]!, grant, asked, holdTools));
    if (grant.claimed && !(await isHeldAfterSending(held[0]!))) {
      // The caller has not seen the lock yet, so it waits for another one.
      return lockFor(key, base, { ...given, timeout: Math.max(0, until - now()) });
    }
    const lock: Lock | MultiLock = typeof key === "string" ? createLock(held[0]!) : createMultiLock(held);
    return lock as LockOf<K>;
  }

  /** Adds to an error of contention whether the holder is another call of this locker. */
  function explained(error: unknown, { wait }: ResolvedOptions, nested: boolean): unknown {
    if (!(error instanceof LockNotAcquiredError)) return error;
    const { key, attempts, waited, holder, age, ahead, maxAhead } = error;
    const by = monitor.holds(key) ? "another call of this locker" : undefined;
    const refusal = { attempts, waited, queued: wait === "queue", holder, age, ahead, maxAhead, by };
    return new LockNotAcquiredError(key, refusal, nested ? NESTED : undefined);
  }

  const locker: Locker = {
    [lockerIdentity]: {},

    async tryAcquire(key, given) {
      try {
        return await lockFor(key, forLock, given, 0);
      } catch (error) {
        if (error instanceof LockNotAcquiredError) return null;
        throw error;
      }
    },

    acquire: (key, given) => lockFor(key, forLock, given),

    async withLock<T, K extends Keys>(
      key: K,
      ...rest: [Work<T, LockOf<K>>] | [LockOptions, Work<T, LockOf<K>>]
    ): Promise<T> {
      const [given, work] = rest.length === 1 ? [undefined, rest[0]] : rest;
      if (typeof work !== "function") {
        const what = "withLock: the last argument must be a function that takes the lock";
        throw new TypeError(`${what}, got ${kindOf(work)}`);
      }
      const lock = await lockFor(key, forWork, given);
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
      enter(key);
      return inspectionOf(await withDeadline("inspect", key, () => driver.inspect(key)));
    },

    async forceRelease(key, options) {
      enter(key);
      return forceRelease(driver, key, options);
    },

    async close() {
      if (closed) return;
      closed = true;
      monitor.stopExtending();
      for (const wait of pendingWaits) wait.end({ by: "close" });
      await queue?.close();
      replicator?.close();
      await clientsFlushed();
    },
  };
  return locker;
}
