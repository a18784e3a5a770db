import { type Answer, createAsk } from "./ask";
import { backendError, isClosedClient, isRefusal, noAnswer } from "../driver/backend-error";
import type { Driver, Replicator } from "../driver/driver";
import { LockBackendError, LockerClosedError, LockNotAcquiredError } from "../driver/errors";
import { leaseEnd, now } from "../driver/lease";
import type { Grant } from "./lock";
import type { ResolvedOptions } from "./options";
import type { Queue } from "./queue";
import { HEARTBEAT } from "../driver/times";
import { newToken } from "./token";
import { type Undo, written } from "./undo";
import { type Endable, type Ending, Wait } from "./wait";
import type { Failed, News } from "./waiter";
import { ANSWER_TIMEOUT, MAX_DELAY, within } from "../driver/within";

export interface Waiting {
  readonly driver: Driver;
  readonly inbox: string;
  readonly queue: Queue;
  readonly undo: Undo;
  readonly replicator: () => Replicator;
  /** Who is to be told when the locker closes. */
  readonly closing: Set<Endable>;
}

type Heard = Answer | News | Failed | { readonly status: "slept" };

/** Spread over half of the delay to either side, so that waiters that began together don't stay together. */
const jittered = (delay: number): number => Math.max(1, delay * (0.5 + Math.random()));

/** Between two requests that keep alive what a waiter for several keys has already. */
const SHORTEST_REFRESH = 25;

/** Between two requests of a waiter in the queue to a server that fails. */
const FAILURE_PAUSE = 250;

/**
 * Asks for the lock until it is granted, and rejects with what ended the wait. One token for all requests: a grant whose
 * answer was lost is found again by the next one, and if there is none it is undone.
 *
 * Of several keys (in lock order) it waits for one at a time, and has those before it meanwhile: each request asks for all
 * from the first on, and so also keeps their leases alive. What it gives was granted by a single request.
 */
export async function acquireLock(
  keys: readonly string[],
  options: ResolvedOptions,
  { driver, inbox, queue, undo, replicator, closing }: Waiting,
): Promise<Grant> {
  const { ttl, wait: how, maxAttempts, retryDelay, timeout, signal, waitReplicas } = options;
  signal?.throwIfAborted();
  const ask = createAsk(driver, replicator, keys, options);
  const queued = how === "queue";
  const alone = keys.length === 1;
  const claimIsEnough = alone && waitReplicas === 0;
  const started = now();
  const wait = new Wait<Heard>(timeout, signal, closing);
  let token = newToken(inbox);
  let place = queued ? queue.enter(token, wait) : undefined;
  /** The one that is in the way. */
  let key = keys[0]!;
  // Whether we hold something by an answer that was no grant.
  let taken = false;
  let attempts = 0;
  let late = 0;
  // A request without an answer yet; and whether one failed, or was answered too late, so that we may hold the lock.
  let pending: Promise<Answer> | undefined;
  let ambiguous = false;
  let failure: unknown;
  /** Since when the client has said that it is closed. */
  let closedSince: number | undefined;
  let sent = started;
  let pauseTimer: NodeJS.Timeout | undefined;
  // Whether the request under way was granted, and only replicas are awaited.
  let replicating = false;

  const waited = () => now() - started;
  const notAcquired = () => new LockNotAcquiredError(key, { attempts, waited: waited() });
  const isLast = () => !queued && attempts - late >= maxAttempts;
  const pauseAfter = () => jittered(queued ? FAILURE_PAUSE : retryDelay(attempts));

  function errorOf(ending: Ending): unknown {
    if (ending.by === "signal") return ending.reason;
    if (ending.by === "close") return new LockerClosedError(key);
    if (pending && replicating) {
      return new LockBackendError(
        key,
        `acquire was undone: too few replicas had acknowledged it after ${Math.round(waited())} ms`,
      );
    }
    const silence = now() - ((pending ? sent : place?.line?.silentSince) ?? now());
    const patience = pending ? waited() / 2 : HEARTBEAT;
    return failure !== undefined || silence > patience ? noAnswer(key, "acquire", waited(), failure) : notAcquired();
  }

  function grantOf(fences: readonly number[], deadline: number, claimed: boolean): Grant {
    return { token, fences, deadline, claimed, ambiguous, queued: claimed || (place?.ticket ?? 0) > 0 };
  }

  /** With a new token: whatever released the old one made it dead. */
  function beginAgain(holding: boolean): void {
    if (place) queue.leave(place);
    if (holding || ambiguous) for (const each of keys) void undo(each, token, { refuse: ambiguous });
    token = newToken(inbox);
    place = queued ? queue.enter(token, wait) : undefined;
  }

  try {
    for (;;) {
      const call = { abandoned: false };
      replicating = false;
      sent = now();
      place?.asking();
      const answer = ask(token, place && { key, ticket: place.ticket }, call, () => {
        replicating = pending === answer;
      });
      pending = answer;
      attempts++;
      answer.then(
        (reply) => pending === answer && wait.tell(reply),
        (error: unknown) => pending === answer && wait.tell({ status: "failed", error }),
      );
      let stirred = false;
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
            if (!claimIsEnough) {
              // The answer that is under way may be older than this.
              stirred = pending !== undefined && now() - sent < 2 * HEARTBEAT;
              if (stirred) continue;
            }
            ambiguous ||= pending !== undefined;
            if (claimIsEnough && now() < heard.deadline) return grantOf([heard.fence], heard.deadline, true);
            break;
          case "granted": {
            const deadline = leaseEnd(sent, ttl);
            if (now() < deadline) return grantOf("fence" in heard ? [heard.fence] : heard.fences, deadline, false);
            // The lease may be over, and may be somebody else's by now: ask again whether it is ours.
            failure = new Error(`every answer came after the lease of ${ttl} ms was over`);
            ambiguous = true;
            pause = 10 * late++;
            break;
          }
          case "unreplicated":
            taken = true;
            throw heard.error;
          case "queued": {
            failure = undefined;
            const at = "key" in heard ? heard.key : key;
            if (at !== key && place!.ticket > 0) {
              if (keys.indexOf(at) < keys.indexOf(key)) {
                beginAgain(true); // one that we had was lost meanwhile
                break;
              }
              queue.leave(place!);
              place = queue.enter(token, wait);
            }
            key = at;
            taken = key !== keys[0];
            queue.queued(place!, key, sent, heard);
            if (stirred) break;
            if (!taken) continue;
            pause = Math.max(ttl / 3, SHORTEST_REFRESH); // when those that we have are to be extended
            break;
          }
          case "held":
            if ("key" in heard) key = heard.key;
            failure = undefined;
            if (isLast()) throw notAcquired();
            if (!alone) beginAgain(false);
            pause = pauseAfter();
            break;
          case "dead":
            beginAgain(!alone);
            break;
          case "failed":
            failure = heard.error;
            ambiguous = true;
            closedSince = isClosedClient(failure) ? (closedSince ?? now()) : undefined;
            if (isRefusal(failure) || isLast() || now() - (closedSince ?? now()) > ANSWER_TIMEOUT)
              throw backendError(key, "acquire", failure);
            if (!alone && !queued) beginAgain(true); // who does not wait in a queue holds nothing while it waits
            pause = pauseAfter();
        }
        if (pause > 0) pauseTimer = setTimeout(() => wait.tell({ status: "slept" }), Math.min(pause, MAX_DELAY));
        else again = true;
      }
      clearTimeout(pauseTimer);
    }
  } catch (error) {
    if (pending || ambiguous || place || taken) {
      const how = { pending, refuse: ambiguous || pending !== undefined };
      if (place) for (const each of keys) queue.gone(each, token, 0);
      const undone = Promise.all(keys.map((each) => undo(each, token, how)));
      // Whoever hears of it then may end the connection; of a grant that did not count, may look whether it is free.
      if (error instanceof LockBackendError && taken) {
        wait.forget();
        const free = within(ANSWER_TIMEOUT, undone, () => error);
        await Promise.race([free.catch(() => {}), wait.heard()]);
      } else await written();
    }
    throw error;
  } finally {
    clearTimeout(pauseTimer);
    if (place) queue.leave(place);
    wait.dispose();
  }
}
