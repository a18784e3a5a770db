import type { Locker } from "@distlock/core";
import { assertLocker } from "../support/assert-locker";
import { boundProxy, isFixed } from "../support/bound-proxy";
import { type CallOptions, resolveCallOptions } from "../turn/call-options";
import { isStream } from "../turn/held-stream";
import { lockedCall } from "../turn/locked-call";
import { lockedStream } from "../turn/locked-stream";

type AnyFunction = (...args: never) => unknown;
type IsAny<T> = 0 extends 1 & T ? true : false;
type ResultOf<F> = NonNullable<F> extends (...args: never) => infer R ? R : never;

/** The names of the methods of `T`, also of those that may be missing. */
export type MethodOf<T> = {
  [K in keyof T]-?: NonNullable<T[K]> extends AnyFunction ? K : never;
}[keyof T];

/** Of those, the ones that give a stream, or are generators: at once, and not as a promise. */
export type StreamMethodOf<T> = {
  [K in MethodOf<T>]: IsAny<ResultOf<T[K]>> extends true
    ? never
    : ResultOf<T[K]> extends AsyncIterable<unknown> | ReadableStream | Generator
      ? K
      : never;
}[MethodOf<T>];

/** Of those, the ones that can't be seen to be generators. */
type OpenedMethodOf<T> = {
  [K in StreamMethodOf<T>]: ResultOf<T[K]> extends Generator | AsyncGenerator ? never : K;
}[StreamMethodOf<T>];

/** Of each of the methods. */
type ArgumentsOf<T, K extends keyof T> = K extends unknown
  ? NonNullable<T[K]> extends (...args: infer A) => unknown
    ? Readonly<A>
    : never
  : never;

/** Of `K`, the ones whose type must change, since a lock can't be waited for at once. */
type Sync<T, K extends keyof T> = {
  [P in K]-?: IsAny<ResultOf<T[P]>> extends true
    ? never
    : Extract<ResultOf<T[P]>, PromiseLike<unknown> | AsyncIterable<unknown> | ReadableStream> extends never
      ? unknown extends ResultOf<T[P]>
        ? never
        : P
      : never;
}[K];

type Late<F> =
  NonNullable<F> extends (...args: infer A) => infer R
    ? (...args: A) => R extends Generator<infer Y> ? AsyncIterableIterator<Y> : Promise<R>
    : never;

/** `T` itself, unless a locked method gives its result at once: it then gives the promise of it. */
export type LockedMethods<T, K extends keyof T> = [Sync<T, K>] extends [never]
  ? T
  : Omit<T, Sync<T, K>> & { [P in Sync<T, K>]: Late<T[P]> };

export interface LockMethodsOptions<
  T,
  W extends MethodOf<T> = Exclude<MethodOf<T>, OpenedMethodOf<T>>,
  S extends StreamMethodOf<T> = StreamMethodOf<T>,
> extends CallOptions {
  /**
   * The methods that are called with the lock held: those that write, or that read, decide and write. Of a generator the lock
   * is taken at the first read.
   */
  write: readonly W[];
  /** The same for other methods that give a stream at once, not as a promise. Their lock is taken at the first read. */
  stream?: readonly S[] | undefined;
  /** What is locked: the same for all that write to the same place. */
  key: string | ((method: W | S, args: ArgumentsOf<T, W | S>, target: T) => string | PromiseLike<string>);
}

const kindOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

const isGenerator = (method: unknown): boolean => /^(Async)?GeneratorFunction$/.test(kindOf(method));

/** The promise, which is also what it promises for `for await`: its type may say that it is no promise but a generator. */
function toIterate<T>(promise: Promise<T>): Promise<T> {
  async function* iterate() {
    return yield* (await promise) as AsyncIterable<unknown>;
  }
  return Object.defineProperty(promise, Symbol.asyncIterator, { value: iterate });
}

/** A generator that is not async is made so: it will wait for the lock. */
function toStream(value: unknown, name: string): AsyncIterable<unknown> {
  if (isStream(value)) return value as AsyncIterable<unknown>;
  const generator = value as Iterable<unknown> & Partial<Iterator<unknown>>;
  if (typeof generator?.next !== "function") throw new TypeError(`stream: ${name} gave no stream`);
  return (async function* () {
    return yield* generator;
  })();
}

/**
 * Any object, with methods of its that hold a lock. Everything else is the object's own, `instanceof` too, and what the
 * object calls of itself takes no further lock.
 *
 * A locked method waits for the lock, as a turn does, and keeps its lease alive until its result has settled; if that is, or
 * promises, a `ReadableStream` or an `AsyncIterable`, until that has ended, failed or been cancelled: see `maxIdle`
 * for one that nobody reads on.
 * Within a turn or a locked call of the same key and locker it uses the lock of that.
 *
 * It rejects as `locker.acquire` does (`LockNotAcquiredError`, `LockBackendError`, `LockerClosedError`), with `TypeError` or
 * `RangeError` for a bad key, and with `StaleTurnError` within a turn that has lost its lock; the object is then not called.
 * After that its own error wins. If it was good but the lock was lost on the way, it rejects with `LockLostError`: others may
 * have written meanwhile, and what was written stays. A stream fails with that when it is read on. A release that does not
 * reach Redis is a warning.
 *
 * Throws `TypeError` or `RangeError` for bad options.
 */
export function lockMethods<
  T extends object,
  W extends Exclude<MethodOf<T>, OpenedMethodOf<T>>,
  S extends StreamMethodOf<T> = never,
>(target: T, locker: Locker, options: LockMethodsOptions<T, W, S>): LockedMethods<T, W | S> {
  if ((typeof target !== "object" && typeof target !== "function") || target === null) {
    throw new TypeError("lockMethods needs an object");
  }
  assertLocker("lockMethods", locker);
  if (typeof options !== "object" || options === null) throw new TypeError("options must be an object");
  const { write, stream = [], key, ...rest } = options;
  if (!Array.isArray(write) || !Array.isArray(stream)) throw new TypeError("write and stream must be arrays of names");
  if (typeof key !== "string" && typeof key !== "function") {
    throw new TypeError(`key must be a string, or a function that gives one, got ${typeof key}`);
  }
  const how = resolveCallOptions(rest);

  type Method = (...args: unknown[]) => unknown;
  const methods = target as Record<PropertyKey, Method>;
  const replaced: Record<PropertyKey, Method> = {};

  function replace(list: string, name: W | S, by: Method): void {
    const what = `${list}: ${String(name)}`;
    if (typeof methods[name] !== "function") throw new TypeError(`${what} is no method of the object`);
    if (isFixed(target, name)) throw new TypeError(`${what} is frozen, and can't be replaced`);
    if (Object.hasOwn(replaced, name)) throw new TypeError(`${what} is named twice`);
    replaced[name] = by;
  }
  const keyOf = (name: W | S, args: unknown[]) =>
    typeof key === "string" ? key : key(name, args as unknown as ArgumentsOf<T, W | S>, target);

  const streamOf =
    (name: W | S): Method =>
    (...args) =>
      lockedStream(async (signal) =>
        lockedCall(locker, await keyOf(name, args), { ...how, signal }, async () =>
          toStream(await methods[name]!(...args), String(name)),
        ),
      );
  const resultOf = (name: W): Method => {
    async function call(...args: unknown[]): Promise<unknown> {
      const own = keyOf(name, args);
      let isItself = false;
      const result = await lockedCall(locker, typeof own === "string" ? own : await own, how, async () => {
        const given = await methods[name]!(...args);
        isItself = given === target;
        if (isItself) return; // An object that is a stream is not one that was opened.
        return kindOf(given) === "Generator" ? toStream(given, String(name)) : given;
      });
      return isItself ? locked : result;
    }
    return (...args) => toIterate(call(...args));
  };
  for (const name of write) replace("write", name, isGenerator(methods[name]) ? streamOf(name) : resultOf(name));
  for (const name of stream) replace("stream", name, streamOf(name));
  const locked = boundProxy(target, replaced);
  return locked as LockedMethods<T, W | S>;
}
