// Tested by packages/core/test/locker.test.ts
import type { Driver, Replicator } from "../driver/driver";
import { type LockError, LockerClosedError, LockNotAcquiredError } from "../driver/errors";
import { assertKey, inLockOrder } from "../driver/keys";
import { callerOr } from "../driver/observe/caller";
import { warn } from "../driver/observe/facts";
import { isFailure, isObserved, observed } from "../driver/observe/observed";
import type { AcquireOperation, Open, WholeOperation } from "../driver/observe/operation";
import { inspectionOf } from "../driver/party";
import { warnOfShortLease } from "../driver/short-lease";
import type { AcquireTools } from "./acquire/acquire-tools";
import type { PendingWait } from "./acquire/mailbox";
import { observedAcquire } from "./acquire/observed-acquire";
import { assertWork } from "./assert-work";
import { clientsFlushed } from "./clients-flushed";
import { forceRelease } from "./force-release";
import { createGiveUpToken } from "./give-up-token";
import type { HeldLock } from "./hold/held-lock";
import type { HoldTools } from "./hold/hold-tools";
import { beginHold } from "./hold/hold-watch";
import { createLeaseMonitor } from "./hold/lease-monitor";
import { createLock } from "./lock";
import type { Keys, Locker, LockOf, Work } from "./locker";
import { lockerIdentity } from "./locker-identity";
import { createMultiLock } from "./multi-lock";
import { withinLock } from "./nesting";
import { doOnce, splitOnceOptions } from "./once";
import { defaultsFor, type LockOptions, type ResolvedOptions, resolveOptions } from "./options";
import { createQueue } from "./queue/queue";
import { takeLock } from "./take-lock";
import { newInbox } from "./token";
import { withDeadline } from "./with-deadline";

/** `options` are the defaults of this locker's calls. Throws `TypeError` or `RangeError` for bad ones. */
export const createLocker = (driver: Driver, options?: LockOptions): Locker => lockerOf(driver, options, {});

/** A locker that observers do not see: for places within a lock that they see. */
export const createHiddenLocker = (driver: Driver): Locker => lockerOf(driver, undefined, undefined);

/** `owner` is the identity of the locker, by which observers know it. */
function lockerOf(driver: Driver, options: LockOptions | undefined, owner: object | undefined): Locker {
  if (typeof driver?.acquire !== "function" || typeof driver.extend !== "function") {
    throw new TypeError("createLocker needs a driver, such as ioredisDriver(client) or nodeRedisDriver(client)");
  }
  const abilities = { canQueue: driver.queue !== undefined, canReplicate: driver.replicas !== undefined };
  const defaults = defaultsFor(abilities);
  const forLock = resolveOptions(abilities, defaults, options);
  const forWork = resolveOptions(abilities, { ...defaults, autoExtend: true }, options);
  const inbox = newInbox();
  const monitor = createLeaseMonitor(driver, {
    listen: (key) => queue?.listen(key),
    unlisten: () => queue?.unlisten(),
  });
  const giveUpToken = createGiveUpToken(driver);
  const queue = driver.queue && createQueue(driver.queue, inbox, giveUpToken, monitor, !owner);
  const pendingWaits = new Set<PendingWait>();
  let replicator: Replicator | undefined;
  const openReplicator = () => {
    replicator ??= driver.replicas!();
    return replicator;
  };
  const acquireTools: AcquireTools = { driver, inbox, queue, giveUpToken, openReplicator, pendingWaits };
  const holdTools: HoldTools = { driver, owner, monitor, giveUpToken, queue };
  let closed = false;
  const tools = { acquireTools, holdTools, assertOpen: enter };

  function enter(key: string): void {
    assertKey(key);
    if (closed) throw new LockerClosedError(key);
  }

  interface Wanted {
    readonly call: AcquireOperation["call"];
    /** The defaults of the call, and its own options. */
    readonly base: ResolvedOptions;
    readonly given: LockOptions | undefined;
    /** Without waiting, whatever the options say. */
    readonly once?: boolean;
  }

  /** Takes the lock, and does the work for its holder in the context of the hold. */
  async function lockFor<K extends Keys, T>(
    key: K,
    { call, base, given, once = false }: Wanted,
    work: (lock: LockOf<K>, held: readonly HeldLock[]) => T,
  ): Promise<T> {
    const keys = typeof key === "string" ? [key] : inLockOrder(key);
    enter(keys[0]!);
    const options = resolveOptions(abilities, base, given);
    const isOnce = once || options.timeout === 0;
    if (options.autoExtend) warnOfShortLease(options.ttl);
    const take = (operation?: Open<AcquireOperation>) => takeLock(keys, options, isOnce, tools, operation);
    const asked = owner && { call: callerOr(call), keys, options, once: isOnce, owner };
    const { held } = await (asked ? observedAcquire(asked, take) : take());
    const lock = (typeof key === "string" ? createLock(held[0]!) : createMultiLock(held)) as LockOf<K>;
    return owner ? beginHold(lock, held, { owner, label: options.label }, () => work(lock, held)) : work(lock, held);
  }

  async function lockAndWork<T, K extends Keys>(
    key: K,
    given: LockOptions | undefined,
    work: Work<T, LockOf<K>>,
  ): Promise<T> {
    const keys: readonly string[] = typeof key === "string" ? [key] : key;
    const wanted = { call: "withLock", base: forWork, given } as const;
    // The work begins with the hold, so what it resolves with is not awaited here.
    const { lock, done } = await lockFor(key, wanted, (lock) => ({
      lock,
      done: withinLock(driver, keys, () => work(lock)),
    }));
    let result: T;
    try {
      result = await done;
    } catch (error) {
      await lock.release().catch(warn);
      throw error;
    }
    await lock.release().catch((error: LockError) => {
      if (error.code !== "LOCK_BACKEND") throw error;
      warn(error);
    });
    return result;
  }

  /** Does a whole piece of work under a lock, as those who look see it. */
  function asWhole<T>(
    name: WholeOperation["name"],
    key: Keys,
    whole: () => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    if (!owner || !isObserved(name)) return whole();
    const keys = typeof key === "string" ? [key] : inLockOrder(key);
    return observed({ name, keys }, whole, { owner, failed: (error) => isFailure(error, signal) });
  }

  const locker: Locker = {
    [lockerIdentity]: owner ?? {},

    async tryAcquire(key, given) {
      try {
        return await lockFor(key, { call: "tryAcquire", base: forLock, given, once: true }, itself);
      } catch (error) {
        if (LockNotAcquiredError.is(error)) return null;
        throw error;
      }
    },

    acquire: (key, given) => lockFor(key, { call: "acquire", base: forLock, given }, itself),

    async withLock<T, K extends Keys>(
      key: K,
      ...rest: [Work<T, LockOf<K>>] | [LockOptions, Work<T, LockOf<K>>]
    ): Promise<T> {
      const [given, work] = rest.length === 1 ? [undefined, rest[0]] : rest;
      assertWork("withLock", work);
      return asWhole("withLock", key, () => lockAndWork(key, given, work), given?.signal);
    },

    async once(key, options, work) {
      assertKey(key);
      const { period, ...rest } = splitOnceOptions(options);
      const given = { ...rest.given, autoExtend: true };
      assertWork("once", work);
      if (!driver.transfer)
        throw new TypeError("once needs a driver that can transfer a lock: this one has no method `transfer`");
      const begin = () =>
        lockFor(key, { call: "once", base: forWork, given, once: true }, (lock, [held]) => ({
          held: held!,
          done: withinLock(driver, [key], () => work(lock)),
        }));
      return asWhole("once", key, () => doOnce(period, begin));
    },

    async inspect(key) {
      enter(key);
      return inspectionOf(await withDeadline("inspect", key, () => driver.inspect(key)));
    },

    async forceRelease(key, options) {
      enter(key);
      return forceRelease(driver, key, options, owner);
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

const itself = <L>(lock: L): L => lock;
