import {
  type Keys,
  type Lock,
  LockError,
  type Locker,
  type LockNotAcquiredError,
  type LockOf,
  type LockOptions,
  type MultiLock,
  type Work,
} from "@distlock/core";
import { lockerIdentity } from "@distlock/core/driver";
import { type Context, context, type Tracer, trace } from "@opentelemetry/api";
import { version } from "../package.json";
import { createBegin, type Step } from "./step";
import { attributesOf, tracedLock } from "./traced-lock";

export interface TracedOptions {
  /** Makes the spans. Default: the tracer `@distlock/otel` of the registered provider. */
  tracer?: Tracer | undefined;
}

function answered(step: Step, lock: Lock | MultiLock | null): void {
  step.set({ ...(lock && attributesOf(lock)), "distlock.acquired": lock !== null });
}

const nameOf = (key: Keys): string | string[] => (Array.isArray(key) ? [...key] : (key as string));

function refused(step: Step, error: unknown): void {
  step.fail(error);
  if (!LockError.is(error) || error.code !== "LOCK_NOT_ACQUIRED") return;
  step.set({ "distlock.acquired": false, "distlock.attempts": (error as LockNotAcquiredError).attempts });
}

/** A context that reads as the one that `current` returns: `withLock` is one call, but acquire and release are two spans. */
function following(current: () => Context): Context {
  return {
    getValue: (key) => current().getValue(key),
    setValue: (key, value) => current().setValue(key, value),
    deleteValue: (key) => current().deleteValue(key),
  };
}

/**
 * Returns the locker, with a span for each `acquire`, `tryAcquire` and `withLock`, and for each `extend` and `release` of
 * its locks. It resolves and rejects as the given locker does. No span carries a token.
 */
export function traced(locker: Locker, { tracer }: TracedOptions = {}): Locker {
  if (typeof locker?.withLock !== "function")
    throw new TypeError("traced needs a locker, such as createLocker(driver)");
  const begin = createBegin(tracer ?? trace.getTracer("@distlock/otel", version));

  const beginAcquire = (key: Keys, options: LockOptions | undefined, parent?: Context): Step =>
    begin("distlock.acquire", { "distlock.lock.key": nameOf(key), "distlock.ttl": options?.ttl }, parent);

  return {
    [lockerIdentity]: locker[lockerIdentity] ?? locker,

    tryAcquire(key, options) {
      const step = beginAcquire(key, options);
      return step.run(async () => {
        const lock = await locker.tryAcquire(key, options);
        answered(step, lock);
        return lock && tracedLock(lock, begin);
      });
    },

    acquire(key, options) {
      const step = beginAcquire(key, options);
      return step.run(async () => {
        const lock = await locker.acquire(key, options);
        answered(step, lock);
        return tracedLock(lock, begin);
      }, refused);
    },

    withLock<T, K extends Keys>(key: K, ...rest: [Work<T, LockOf<K>>] | [LockOptions, Work<T, LockOf<K>>]): Promise<T> {
      const [options, work] = rest.length === 1 ? [undefined, rest[0]] : rest;
      const whole = begin("distlock.withLock", { "distlock.lock.key": nameOf(key) });
      let part = beginAcquire(key, options, whole.context);
      let granted: LockOf<K> | undefined;

      async function tracedWork(lock: LockOf<K>): Promise<T> {
        granted = lock;
        answered(part, lock);
        part.end();
        try {
          return await context.with(whole.context, () => work(tracedLock(lock, begin)));
        } finally {
          part = begin("distlock.release", attributesOf(lock), whole.context);
        }
      }

      // A value that is not a function stays as it is: the locker refuses it.
      const args = rest.map((each) => (typeof each === "function" ? tracedWork : each)) as [
        LockOptions,
        Work<T, LockOf<K>>,
      ];
      return whole.run(async () => {
        try {
          return await context.with(
            following(() => part.context),
            () => locker.withLock(key, ...args),
          );
        } catch (error) {
          if (granted === undefined) refused(part, error);
          throw error;
        } finally {
          if (granted?.signal.aborted) part.fail(granted.signal.reason);
          part.end();
        }
      });
    },

    inspect: (key) => locker.inspect(key),
    forceRelease: (key, options) => locker.forceRelease(key, options),
    close: () => locker.close(),
  };
}
