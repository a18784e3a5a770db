import { backendError, isRefusal, noAnswer } from "./backend-error";
import type { AcquireReply, Driver } from "./driver";
import { LockBackendError, LockerClosedError, LockNotAcquiredError } from "./errors";
import { leaseEnd, now } from "./lease";
import type { Grant } from "./lock";
import type { ResolvedOptions } from "./options";
import type { News, Queue } from "./queue";
import { HEARTBEAT } from "./times";
import { newToken } from "./token";
import { type Undo, written } from "./undo";
import { type Endable, type Ending, Wait } from "./wait";
import { MAX_DELAY } from "./within";

export interface Waiting {
  readonly driver: Driver;
  readonly inbox: string;
  readonly queue: Queue;
  readonly undo: Undo;
  /** Who is to be told when the locker closes. */
  readonly closing: Set<Endable>;
}

type Heard =
  | AcquireReply
  | News
  | { readonly status: "failed"; readonly error: unknown }
  | { readonly status: "slept" };

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
  { ttl, wait: how, maxAttempts, retryDelay, timeout, signal }: ResolvedOptions,
  { driver, inbox, queue, undo, closing }: Waiting,
): Promise<Grant> {
  signal?.throwIfAborted();
  const queued = how === "queue";
  const started = now();
  const wait = new Wait<Heard>(timeout, signal, closing);
  let token = newToken(inbox);
  let place = queued ? queue.enter(key, token, wait) : undefined;
  let attempts = 0;
  let late = 0;
  // A request without an answer yet; and whether one failed, or was answered too late, so that we may hold the lock.
  let pending: Promise<AcquireReply> | undefined;
  let ambiguous = false;
  let failure: unknown;
  let sent = started;
  let pauseTimer: NodeJS.Timeout | undefined;

  const waited = () => now() - started;
  const notAcquired = () => new LockNotAcquiredError(key, { attempts, waited: waited() });
  const isLast = () => !queued && attempts - late >= maxAttempts;
  const pauseAfter = () => jittered(queued ? FAILURE_PAUSE : retryDelay(attempts));

  function errorOf(ending: Ending): unknown {
    if (ending.by === "signal") return ending.reason;
    if (ending.by === "close") return new LockerClosedError(key);
    const silence = now() - ((pending ? sent : place?.silentSince) ?? now());
    const patience = pending ? waited() / 2 : HEARTBEAT;
    return failure !== undefined || silence > patience ? noAnswer(key, "acquire", waited(), failure) : notAcquired();
  }

  function grantOf(fence: number, deadline: number, claimed: boolean): Grant {
    return { key, token, fence, deadline, claimed, ambiguous };
  }

  try {
    for (;;) {
      const call = { abandoned: false };
      sent = now();
      place?.asking();
      const answer = driver.acquire({ key, token, ttl, ticket: place?.ticket }, call);
      pending = answer;
      attempts++;
      answer.then(
        (reply) => pending === answer && wait.tell(reply),
        (error: unknown) => pending === answer && wait.tell({ status: "failed", error }),
      );
      for (let again = false; !again; ) {
        const heard = await wait.heard();
        if ("by" in heard) {
          call.abandoned = pending !== undefined;
          throw errorOf(heard);
        }
        if (heard.status !== "news" && heard.status !== "slept") pending = undefined;
        let pause = 0;
        switch (heard.status) {
          case "news":
            ambiguous ||= pending !== undefined;
            if (now() < heard.deadline) return grantOf(heard.fence, heard.deadline, true);
            break;
          case "granted": {
            const deadline = leaseEnd(sent, ttl);
            if (now() < deadline) return grantOf(heard.fence, deadline, false);
            // The lease may be over, and may be somebody else's by now: ask again whether it is ours.
            failure = new Error(`every answer came after the lease of ${ttl} ms was over`);
            ambiguous = true;
            if (leaseEnd(0, ttl) <= 0) throw new LockBackendError(key, `a ttl of ${ttl} ms is shorter than its margin`);
            pause = 10 * late++;
            break;
          }
          case "queued":
            failure = undefined;
            queue.queued(place!, sent, heard);
            continue;
          case "held":
            failure = undefined;
            if (isLast()) throw notAcquired();
            pause = pauseAfter();
            break;
          case "dead":
            if (place) queue.leave(place);
            token = newToken(inbox);
            place = queued ? queue.enter(key, token, wait) : undefined;
            break;
          case "failed":
            failure = heard.error;
            ambiguous = true;
            if (isRefusal(failure) || isLast()) throw backendError(key, "acquire", failure);
            pause = pauseAfter();
        }
        if (pause > 0) pauseTimer = setTimeout(() => wait.tell({ status: "slept" }), Math.min(pause, MAX_DELAY));
        else again = true;
      }
      clearTimeout(pauseTimer);
    }
  } catch (error) {
    if (pending || ambiguous || place) {
      undo(key, token, { pending, refuse: ambiguous || pending !== undefined });
      await written(); // the caller, who hears of it then, may end the connection
    }
    throw error;
  } finally {
    clearTimeout(pauseTimer);
    if (place) queue.leave(place);
    wait.dispose();
  }
}
