import { backendError, isRefusal, noAnswer } from "./backend-error";
import type { AcquireReply, Driver } from "./driver";
import { LockBackendError, LockerClosedError, LockNotAcquiredError } from "./errors";
import { leaseEnd, now } from "./lease";
import type { Grant } from "./lock";
import type { ResolvedOptions } from "./options";
import type { Place, Queue } from "./queue";
import { createStop, type Ending } from "./stop";
import { HEARTBEAT } from "./times";
import { type Undo, written } from "./undo";

export interface Waiting {
  readonly driver: Driver;
  readonly queue: Queue;
  readonly undo: Undo;
  /** Called when the locker closes. */
  readonly closing: Set<() => void>;
  readonly newToken: () => string;
}

/** Spread over half of the delay to either side, so that waiters that began together don't stay together. */
const jittered = (delay: number): number => Math.max(1, delay * (0.5 + Math.random()));

/** Between two requests of a waiter in the queue to a server that fails. */
const FAILURE_PAUSE = 250;

/**
 * Asks for the lock until it is granted, and rejects with what ended the wait. One token for all requests: a grant whose
 * answer was lost is found again by the next one, and if there is none it is undone.
 */
export async function acquireLock(
  key: string,
  { ttl, wait, maxAttempts, retryDelay, timeout, signal }: ResolvedOptions,
  { driver, queue, undo, closing, newToken }: Waiting,
): Promise<Grant> {
  signal?.throwIfAborted();
  const started = now();
  const stop = createStop(timeout, signal, closing);
  const enter = () => (wait === "queue" ? queue.enter(key, token) : undefined);
  let token = newToken();
  let place: Place | undefined = enter();
  let attempts = 0;
  let late = 0;
  // A request without an answer yet; and whether one failed, or was answered too late, so that we may hold the lock.
  let pending: Promise<AcquireReply> | undefined;
  let ambiguous = false;
  let failure: unknown;
  let lastAnswer = started;

  const waited = () => now() - started;
  const notAcquired = () => new LockNotAcquiredError(key, { attempts, waited: waited() });
  const isLast = () => wait === "retry" && attempts - late >= maxAttempts;
  const pauseAfter = () => jittered(wait === "queue" ? FAILURE_PAUSE : retryDelay(attempts));

  function errorOf(ending: Ending): unknown {
    if (ending.by === "signal") return ending.reason;
    if (ending.by === "close") return new LockerClosedError(key);
    const silence = now() - Math.max(lastAnswer, place?.heardAt ?? 0);
    const patience = pending ? waited() / 2 : place ? 2 * HEARTBEAT : Number.POSITIVE_INFINITY;
    return failure !== undefined || silence > patience ? noAnswer(key, "acquire", waited(), failure) : notAcquired();
  }

  try {
    for (;;) {
      const call = { abandoned: false };
      const sent = now();
      place?.asking();
      pending = driver.acquire({ key, token, ttl, ticket: place?.ticket }, call);
      attempts++;
      const answer = pending.catch((error: unknown) => ({ status: "failed" as const, error }));
      let reply = await stop.race(place ? Promise.race([answer, place.news()]) : answer);
      if ("by" in reply) {
        call.abandoned = true;
        throw errorOf(reply);
      }
      if (reply.status === "queued") {
        pending = undefined;
        failure = undefined;
        lastAnswer = now();
        place!.queued(sent, reply);
        reply = await stop.race(place!.news());
        if ("by" in reply) throw errorOf(reply);
      }
      if (reply.status === "news") {
        const { fence, deadline } = reply;
        ambiguous ||= pending !== undefined;
        if (now() < deadline) return { key, token, fence, deadline, claimed: true, ambiguous };
        continue;
      }
      pending = undefined;
      lastAnswer = now();
      let pause = 0;
      switch (reply.status) {
        case "granted": {
          const deadline = leaseEnd(sent, ttl);
          if (lastAnswer < deadline) return { key, token, fence: reply.fence, deadline, claimed: false, ambiguous };
          // The lease may be over, and may be somebody else's by now: ask again whether it is ours.
          failure = new Error(`every answer came after the lease of ${ttl} ms was over`);
          ambiguous = true;
          if (leaseEnd(0, ttl) <= 0) throw new LockBackendError(key, `a ttl of ${ttl} ms is shorter than its margin`);
          pause = 10 * late++;
          break;
        }
        case "held":
          failure = undefined;
          if (isLast()) throw notAcquired();
          pause = pauseAfter();
          break;
        case "dead":
          place?.leave();
          token = newToken();
          place = enter();
          break;
        case "failed":
          failure = reply.error;
          ambiguous = true;
          if (isRefusal(failure) || isLast()) throw backendError(key, "acquire", failure);
          pause = pauseAfter();
      }
      const ending = pause > 0 ? await stop.sleep(pause) : undefined;
      if (ending) throw errorOf(ending);
    }
  } catch (error) {
    if (pending || ambiguous || place) {
      undo(key, token, { pending, refuse: ambiguous || pending !== undefined });
      await written(); // the caller, who hears of it then, may end the connection
    }
    throw error;
  } finally {
    place?.leave();
    stop.dispose();
  }
}
