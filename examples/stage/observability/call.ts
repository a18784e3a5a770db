import { setTimeout as sleep } from "node:timers/promises";
import { type Lock, LockError, type Locker } from "@distlock/core";
import { trace } from "@opentelemetry/api";
import type { Caller, WorkUntil } from "./callers";
import { untilAborted, untilExtended } from "./channels";
import type { Outcome } from "./counts";

/** Names the caller on the span of its request. */
export const CALLER = "demo.caller";

const tracer = trace.getTracer("demo");

const inSpan = <T>(name: string, attributes: Record<string, string>, work: () => Promise<T>): Promise<T> =>
  tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work();
    } finally {
      span.end();
    }
  });

/** The work under a lock: its span is a child of `distlock.hold`. */
const workUnder = ({ key, signal }: Lock, until: WorkUntil): Promise<void> =>
  inSpan("work", {}, () => {
    if (until === "lost") return untilAborted(signal);
    if (until === "extended") return untilExtended(key, signal);
    return sleep(until);
  });

/** The outcome of a call that rejected. The loss of a lock is counted when its signal aborts. */
function outcomeOf(error: unknown): Outcome | undefined {
  if (!LockError.is(error)) throw error;
  if (error.code === "LOCK_LOST") return undefined;
  return error.code === "LOCK_NOT_ACQUIRED" ? "timeout" : "failed";
}

/** One call, in a request of its own. Notes what its own result says, and nothing that telemetry says. */
export function call(locker: Locker, key: string, caller: Caller, note: (outcome: Outcome) => void): Promise<void> {
  const { name, until, tries, timeout, ttl, autoExtend } = caller;

  async function hold(lock: Lock): Promise<void> {
    note("granted");
    untilAborted(lock.signal).then(() => note("lost"));
    await workUnder(lock, until);
  }

  async function tryOnce(): Promise<void> {
    await using lock = await locker.tryAcquire(key);
    if (lock) await hold(lock);
    else note("busy");
  }

  return inSpan("request", { [CALLER]: name }, async () => {
    try {
      await (tries ? tryOnce() : locker.withLock(key, { timeout, ttl, autoExtend }, hold));
    } catch (error) {
      const outcome = outcomeOf(error);
      if (outcome) note(outcome);
    }
  });
}
