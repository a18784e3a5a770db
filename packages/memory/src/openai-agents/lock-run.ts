import type { Locker } from "@distlock/core";
import { heldLock, whileHeld } from "../held-locks";
import { joinSignals } from "../join-signals";
import { sessionKey } from "../session-key";
import { assertHeld, shareLock } from "../shared-lock";
import { type LockRunOptions, resolveLockRunOptions } from "./lock-run-options";
import { RedisSession } from "./redis-session";

/** What a run is given: that of its options which a lock needs. */
interface RunOptions {
  readonly session?: { getSessionId(): Promise<string> } | undefined;
  readonly conversationId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** `run` of the SDK, whatever its agent, input and result. */
export type Run = (agent: never, input: never, options?: never) => Promise<unknown>;

type AnyRun = (agent: unknown, input: unknown, options: RunOptions) => Promise<unknown>;

const isFunction = (value: unknown): value is AnyRun => typeof value === "function";

async function conversationOf({ session, conversationId }: RunOptions, locker: Locker): Promise<string> {
  if (session instanceof RedisSession && session.locker !== locker) {
    throw new TypeError(
      "lockRun needs the locker of the RedisSession, which else waits for the lock that the run holds",
    );
  }
  const id = session === undefined ? conversationId : await session.getSessionId();
  if (id !== undefined) return id;
  throw new TypeError("a locked run needs a session, or a conversationId, in its options: it shares nothing else");
}

/** The end of a streamed run, its last save included: `undefined` of one that was not streamed, and has ended. */
const endOf = (result: unknown): Promise<void> | undefined =>
  (result as { completed?: Promise<void> } | null | undefined)?.completed;

/** Whoever awaits `completed` may start the next run: the lock is released by then. */
function endWith(result: unknown, completed: Promise<void>, end: () => Promise<void>): void {
  const ended = completed.finally(end);
  ended.catch(() => {}); // of whoever awaits it
  Object.defineProperty(result, "completed", { value: ended, configurable: true });
}

function lockOne(run: AnyRun, locker: Locker, options: LockRunOptions | undefined): AnyRun {
  const how = resolveLockRunOptions(options);

  return async (agent, input, given) => {
    const key = sessionKey(await conversationOf(given ?? {}, locker));
    const held = heldLock(locker, key);
    if (held) assertHeld(held);
    const shared = held ?? shareLock(await locker.acquire(key, { ...how, signal: given.signal }));
    const leave = shared.enter();
    const { signal, dispose } = joinSignals(shared.lock.signal, given.signal);
    async function end(): Promise<void> {
      dispose();
      await leave();
    }
    let result: unknown;
    try {
      result = await whileHeld(locker, shared, () => run(agent, input, { ...given, signal }));
    } catch (error) {
      await end();
      throw error;
    }
    const completed = endOf(result);
    if (completed) endWith(result, completed, end);
    else await end();
    return result;
  };
}

/**
 * The same `run`, or the same `Runner` with such a `run`, whose runs of one session take place one at a time, in however
 * many processes: each holds the lock `sessionKey(id)` of the session that its options name, else of the
 * `conversationId`, from before the history is read until the last save is done. A streamed run holds it until its
 * `completed` settles, whether or not somebody reads the stream. A run within a run of the same session uses its lock.
 *
 * A run rejects as `locker.acquire` does if it does not get the lock: `LockNotAcquiredError`, `LockBackendError`,
 * `LockerClosedError`, or the reason of its own `signal`; with `TypeError` if its options name no session; within a run of
 * the same session that has lost its lock with `StaleTurnError`. After that its outcome is the run's own. If the lock is
 * lost meanwhile, also by `maxTurn`, the `signal` of the run aborts, with a `LockLostError` as reason.
 * Throws `TypeError` or `RangeError` for what is no `run`, no locker, or a bad option.
 */
export function lockRun<T extends Run | { run: Run }>(target: T, locker: Locker, options?: LockRunOptions): T {
  if (typeof locker?.acquire !== "function") {
    throw new TypeError("lockRun needs a locker, such as createLocker(ioredisDriver(client))");
  }
  if (isFunction(target)) return lockOne(target, locker, options) as unknown as T;
  if (!isFunction((target as { run?: unknown } | undefined)?.run)) {
    throw new TypeError("lockRun needs run, or a Runner, of @openai/agents");
  }
  const runner = target as unknown as { run: AnyRun };
  const run = lockOne((...args) => runner.run(...args), locker, options);
  return new Proxy(target as object, {
    get(inner, name) {
      if (name === "run") return run;
      const value = Reflect.get(inner, name, inner);
      // A Runner has private fields, which its methods look for in `this`.
      return isFunction(value) && name !== "constructor" ? value.bind(inner) : value;
    },
  }) as T;
}
