import { backendError, isRefusal, noAnswer } from "./backend-error";
import type { AcquireReply, Driver } from "./driver";
import { LockBackendError, LockerClosedError, LockNotAcquiredError } from "./errors";
import { leaseEnd, now } from "./lease";
import type { Grant } from "./lock";
import type { ResolvedOptions } from "./options";
import { createStop, type Ending } from "./stop";
import { type Undo, written } from "./undo";

export interface Waiting {
  readonly driver: Driver;
  readonly undo: Undo;
  /** Called when the locker closes. */
  readonly closing: Set<() => void>;
  readonly newToken: () => string;
}

/** Spread over half of the delay to either side, so that waiters that began together don't stay together. */
const jittered = (delay: number): number => Math.max(1, delay * (0.5 + Math.random()));

/**
 * Asks for the lock until it is granted, and rejects with what ended the wait. One token for all attempts: a grant whose
 * answer was lost is found again by the next attempt, and if there is none it is undone.
 */
export async function acquireByRetry(
  key: string,
  { ttl, maxAttempts, retryDelay, timeout, signal }: ResolvedOptions,
  { driver, undo, closing, newToken }: Waiting,
): Promise<Grant> {
  signal?.throwIfAborted();
  const started = now();
  const stop = createStop(timeout, signal, closing);
  let token = newToken();
  let attempts = 0;
  let late = 0;
  // An acquire of this token that has no answer yet; and whether one failed, or came too late, so that we may hold the lock.
  let pending: Promise<AcquireReply> | undefined;
  let ambiguous = false;
  let failure: unknown;
  let lastAnswer = started;

  const waited = () => now() - started;
  const notAcquired = () => new LockNotAcquiredError(key, { attempts, waited: waited() });

  function errorOf(ending: Ending): unknown {
    if (ending.by === "signal") return ending.reason;
    if (ending.by === "close") return new LockerClosedError(key);
    const silent = pending !== undefined && now() - lastAnswer > waited() / 2;
    return failure !== undefined || silent ? noAnswer(key, "acquire", waited(), failure) : notAcquired();
  }

  try {
    for (;;) {
      const call = { abandoned: false };
      const sent = now();
      pending = driver.acquire({ key, token, ttl }, call);
      attempts++;
      const reply = await stop.race(pending.catch((error: unknown) => ({ status: "failed" as const, error })));
      if ("by" in reply) {
        call.abandoned = true;
        throw errorOf(reply);
      }
      pending = undefined;
      lastAnswer = now();
      let pause = 0;
      switch (reply.status) {
        case "granted":
          if (lastAnswer < leaseEnd(sent, ttl)) return { key, token, fence: reply.fence, sent, ambiguous };
          // The lease may be over, and may be somebody else's by now: ask again whether it is ours.
          failure = new Error(`every answer came after the lease of ${ttl} ms was over`);
          ambiguous = true;
          if (leaseEnd(0, ttl) <= 0) throw new LockBackendError(key, `a ttl of ${ttl} ms is shorter than its margin`);
          pause = 10 * late++;
          break;
        case "held":
          failure = undefined;
          if (attempts - late >= maxAttempts) throw notAcquired();
          pause = jittered(retryDelay(attempts));
          break;
        case "dead":
          token = newToken();
          break;
        case "failed":
          failure = reply.error;
          ambiguous = true;
          if (isRefusal(failure) || attempts - late >= maxAttempts) throw backendError(key, "acquire", failure);
          pause = jittered(retryDelay(attempts));
      }
      const ending = pause > 0 ? await stop.sleep(pause) : undefined;
      if (ending) throw errorOf(ending);
    }
  } catch (error) {
    if (pending || ambiguous) {
      undo(key, token, pending);
      await written(); // the caller, who hears of it then, may end the connection
    }
    throw error;
  } finally {
    stop.dispose();
  }
}
