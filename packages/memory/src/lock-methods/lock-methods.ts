import type { Locker } from "@distlock/core";
import { assertLocker } from "../support/assert-locker";
import { boundProxy, isFixed } from "../support/bound-proxy";
import { isStream } from "../turn/held-stream";
import { lockedCall } from "../turn/locked-call";
import { lockedStream } from "../turn/locked-stream";
import { type LockMethodsOptions, resolveLockMethodsOptions } from "./lock-methods-options";
import type { LockedMethods, StreamMethodOf, WriteMethodOf } from "./method-types";

type Method = (...args: unknown[]) => unknown;

const kindOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

/** `what` says which list names the method. */
function assertLockable(what: string, target: object, name: PropertyKey): void {
  const method: unknown = Reflect.get(target, name);
  if (typeof method !== "function") throw new TypeError(`${what} is not a method of the object`);
  if (isFixed(target, name)) throw new TypeError(`${what} is frozen, and can't be replaced`);
  if (kindOf(method) === "GeneratorFunction") throw new TypeError(`${what} is ${SYNC}`);
}

/** Between two reads of such a generator nobody can wait, so its lock could not be taken. */
const SYNC = "a sync generator, which can't wait for a lock: make it async";

function assertNoSyncGenerator(what: string, result: unknown): void {
  if (kindOf(result) === "Generator") throw new TypeError(`${what} returned ${SYNC}`);
}

function assertStream(what: string, result: unknown): asserts result is AsyncIterable<unknown> {
  if (!isStream(result)) throw new TypeError(`${what} did not return a stream`);
}

/**
 * Any object, with methods that hold a lock. All other members are the object's own, `instanceof` too, and a method that the
 * object calls on itself takes no further lock.
 *
 * A locked method waits for the lock, as a turn does, and keeps its lease alive until its result has settled. If the result
 * is a `ReadableStream` or an `AsyncIterable`, or the promise of one, the lock is held until the stream has ended, failed or
 * been cancelled; a stream that nobody reads on loses it after `maxIdle`.
 * Within a turn or a locked call of the same key and locker, the method uses the lock of that turn or call.
 *
 * It rejects as `locker.acquire` does (`LockNotAcquiredError`, `LockBackendError`, `LockerClosedError`), with `TypeError` or
 * `RangeError` for a bad key, and with `StaleTurnError` within a turn that has lost its lock; the object is then not called.
 * After that the method's own error wins. A good call whose lock was lost on the way rejects with `LockLostError`: others may
 * have written meanwhile, and the call's own writes stay. A stream fails with that error when it is read on. A release that
 * does not reach Redis is a warning.
 *
 * Throws `TypeError` or `RangeError` for bad options.
 */
export function lockMethods<T extends object, W extends WriteMethodOf<T>, S extends StreamMethodOf<T> = never>(
  target: T,
  locker: Locker,
  options: LockMethodsOptions<T, W, S>,
): LockedMethods<T, W | S> {
  if ((typeof target !== "object" && typeof target !== "function") || target === null) {
    throw new TypeError("lockMethods needs an object");
  }
  assertLocker("lockMethods", locker);
  const { write, stream, keyOf, how } = resolveLockMethodsOptions(options);
  const methods = target as Record<PropertyKey, Method>;
  const replaced: Record<PropertyKey, Method> = {};
  const locked = boundProxy(target, replaced);

  const lockResult =
    (what: string, name: W): Method =>
    async (...args) => {
      const key = keyOf(name, args, target);
      let isItself = false;
      const result = await lockedCall(locker, typeof key === "string" ? key : await key, how, async () => {
        const own = await methods[name]!(...args);
        assertNoSyncGenerator(what, own);
        isItself = own === target;
        // An object that is a stream is not a stream that the method has opened.
        return isItself ? undefined : own;
      });
      return isItself ? locked : result;
    };

  const lockStream =
    (what: string, name: W | S): Method =>
    (...args) =>
      lockedStream(async (signal) =>
        lockedCall(locker, await keyOf(name, args, target), { ...how, signal }, async () => {
          const own = await methods[name]!(...args);
          assertStream(what, own);
          return own;
        }),
      );

  function replace(what: string, name: W | S, by: Method): void {
    if (Object.hasOwn(replaced, name)) throw new TypeError(`${what} is named twice`);
    replaced[name] = by;
  }
  for (const name of write) {
    const what = `write: ${String(name)}`;
    assertLockable(what, target, name);
    const isGenerator = kindOf(methods[name]) === "AsyncGeneratorFunction";
    replace(what, name, isGenerator ? lockStream(what, name) : lockResult(what, name));
  }
  for (const name of stream) {
    const what = `stream: ${String(name)}`;
    assertLockable(what, target, name);
    replace(what, name, lockStream(what, name));
  }
  return locked as LockedMethods<T, W | S>;
}
