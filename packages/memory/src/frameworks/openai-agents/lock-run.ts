import { LockError, type Locker, LockLostError } from "@distlock/core";
import { StaleTurnError } from "../../store/stale-turn-error";
import { assertLocker } from "../../support/assert-locker";
import { boundProxy } from "../../support/bound-proxy";
import { joinSignals } from "../../support/join-signals";
import { isSameLocker } from "../../support/same-locker";
import { sessionKey } from "../../support/session-key";
import { type CallOptions, resolveCallOptions } from "../../turn/call-options";
import { runWithLock } from "../../turn/held-locks";
import { takeTurn } from "../../turn/take-turn";
import { isRedisSession } from "./redis-session";

/** How the lock of a run is waited for and held, as for a turn. A run is never idle. All times are in ms. */
export type LockRunOptions = Omit<CallOptions, "maxIdle">;

/** `run` of the SDK, with any agent, input and result. */
export type Run = (agent: never, input: never, options?: never) => Promise<unknown>;

/** The options of a run that a lock needs. */
interface RunOptions {
  readonly session?: { getSessionId(): Promise<string> } | undefined;
  readonly conversationId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

type AnyRun = (agent: unknown, input: unknown, options?: RunOptions) => Promise<unknown>;

async function conversationOf({ session, conversationId }: RunOptions, locker: Locker): Promise<string> {
  if (isRedisSession(session) && !isSameLocker(session.locker, locker)) {
    throw new TypeError(
      "lockRun needs the same locker as the RedisSession: otherwise the session waits for the lock that the run holds",
    );
  }
  const id = session === undefined ? conversationId : await session.getSessionId();
  if (id !== undefined) return id;
  throw new TypeError(
    "a locked run needs a session or a conversationId in its options: it names the conversation to lock",
  );
}

/** Settles when a streamed run has ended, its last save included. */
const completedOf = (result: unknown): Promise<void> | undefined =>
  (result as { completed?: Promise<void> } | null | undefined)?.completed;

function lockOne(run: AnyRun, locker: Locker, options: LockRunOptions = {}): AnyRun {
  if (typeof options !== "object" || options === null) throw new TypeError("the options of lockRun must be an object");
  if ("maxIdle" in options)
    throw new TypeError("maxIdle is not an option of lockRun: the SDK runs to the end by itself");
  const how = resolveCallOptions({ ...options, maxIdle: Number.POSITIVE_INFINITY });

  return async (agent, input, asked) => {
    const given = asked ?? {};
    const key = sessionKey(await conversationOf(given, locker));
    const shared = await takeTurn(locker, key, { ...how, signal: given.signal });
    const leave = shared.enter();
    const joined = joinSignals(shared.lock.signal, given.signal);
    // A session that checks fences has refused late writes.
    const fenced = isRedisSession(given.session);
    async function over(good: boolean): Promise<void> {
      joined.dispose();
      await leave(good && !fenced ? "throw" : "warn");
    }
    async function ended<T>(end: Promise<T>): Promise<T> {
      const value = await end.catch(async (error) => {
        const lost = !shared.lock.isHeld;
        await over(false);
        // The error of a model whose call was aborted says little more than that it was aborted.
        if (!lost || LockError.is(error) || StaleTurnError.is(error)) throw error;
        throw new LockLostError(key, "the run went on without the lock", error);
      });
      await over(true);
      return value;
    }

    const running = runWithLock(locker, shared, async () => run(agent, input, { ...given, signal: joined.signal }));
    const result = await running.catch(() => undefined);
    const completed = completedOf(result);
    if (!completed) return ended(running);
    const released = ended(completed);
    released.catch(() => {}); // for the caller, who may await it
    Object.defineProperty(result, "completed", { value: released, configurable: true });
    return result;
  };
}

/**
 * Returns a `run`, or the `Runner` with such a `run`, whose runs of one session take place one at a time, over
 * all processes: each holds the lock `sessionKey(id)` of the session that its options name, or else of the
 * `conversationId`, from before the history is read until the last save is done. A streamed run holds it until its
 * `completed` settles, whether or not somebody reads the stream. A run within a run of the same session uses its lock;
 * several within one take place one at a time.
 *
 * A run rejects as `locker.acquire` does if it does not get the lock: `LockNotAcquiredError`, `LockBackendError`,
 * `LockerClosedError`, or the reason of its own `signal`; with `TypeError` if its options name no session; within a run of
 * the same session that has lost its lock with `StaleTurnError`. After that its error is the run's own.
 * If the lock is lost meanwhile, including by `maxTurn`, the `signal` of the run aborts, and it rejects (a streamed one: its
 * `completed`) with `LockLostError`, whose `cause` is the run's own error: items that it has saved by then stay. A
 * `RedisSession` refuses late writes: the run rejects with its `StaleTurnError`, and is good if nothing was late.
 * Throws `TypeError` or `RangeError` for a target that is not a `run`, for a value that is not a locker, or for a bad option.
 */
export function lockRun<T extends Run | { run: Run }>(target: T, locker: Locker, options?: LockRunOptions): T {
  assertLocker("lockRun", locker);
  if (typeof target === "function") return lockOne(target as unknown as AnyRun, locker, options) as unknown as T;
  const runner = target as unknown as { run: AnyRun } | undefined;
  if (typeof runner?.run !== "function") throw new TypeError("lockRun needs run, or a Runner, of @openai/agents");
  return boundProxy(runner, { run: lockOne((...args) => runner.run(...args), locker, options) }) as unknown as T;
}
