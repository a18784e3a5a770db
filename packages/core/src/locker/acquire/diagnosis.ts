// Tested by packages/core/test/ambiguity.test.ts, packages/core/test/locker.test.ts
import { backendError, isClosedClient, isRefusal, noAnswer } from "../../driver/backend-error";
import type { Contention } from "../../driver/driver";
import { LockBackendError, type LockError, LockNotAcquiredError } from "../../driver/errors";
import { now } from "../../driver/lease";
import { ANSWER_TIMEOUT } from "../../driver/with-timeout";

/** Collects the outcomes of a call's requests, to build the error that says why it did not get the lock. */
export class Diagnosis {
  /** How many requests were sent. */
  attempts = 0;
  /** How many waiters were ahead when the call entered a queue. */
  ahead = 0;
  /** What the first known holder says of itself to observers. */
  blockedBy: string | undefined;
  readonly #call: { readonly waitsFor: string };
  readonly #startedAt = now();
  #expiredReplies = 0;
  #failure: unknown;
  /** The last reply about the holder, and when it was read. */
  #contention: Contention = {};
  #contendedAt = 0;
  /** Since when the client has said that it is closed. It may be opened again. */
  #closedSince: number | undefined;

  /** `call.waitsFor` is the key that the errors name. */
  constructor(call: { readonly waitsFor: string }) {
    this.#call = call;
  }

  /** How long the call has taken so far, in ms. */
  get waited(): number {
    return now() - this.#startedAt;
  }

  /** How many requests count as attempts. A grant whose reply came too late does not. */
  get countedAttempts(): number {
    return this.attempts - this.#expiredReplies;
  }

  /** The server has answered: earlier failures are not why the call has no lock. */
  answered(reply: Contention): void {
    this.#failure = undefined;
    this.saw(reply, now());
  }

  /** The call has entered a queue. Throws its error if too many waiters are before it. */
  found({ ahead = 0 }: Contention, maxAhead: number): void {
    this.ahead ||= ahead;
    if (ahead > maxAhead) throw this.notAcquired(maxAhead);
  }

  /** A reply that was read at `at` describes the holder and the queue. */
  saw(contention: Contention, at: number): void {
    this.#contention = contention;
    this.blockedBy ??= contention.holder?.link;
    this.#contendedAt = at;
  }

  /**
   * The reply to a granted request came after its lease was over. Returns how long to pause before the next request.
   */
  replyExpired(ttl: number): number {
    this.#failure = new Error(`every answer came after the lease of ${ttl} ms was over: use a longer ttl`);
    return 10 * this.#expiredReplies++;
  }

  /** A request failed. Throws the error of the call if another request would be pointless. */
  failed(error: unknown, isLast: boolean): void {
    this.#failure = error;
    this.#closedSince = isClosedClient(error) ? (this.#closedSince ?? now()) : undefined;
    const isClosedForLong = this.#closedSince !== undefined && now() - this.#closedSince > ANSWER_TIMEOUT;
    if (isRefusal(error) || isLast || isClosedForLong) throw backendError(this.#call.waitsFor, "acquire", error);
  }

  noAnswer(): LockBackendError {
    return noAnswer(this.#call.waitsFor, "acquire", this.waited, this.#failure);
  }

  /** `maxAhead`: so many waiters were too many. */
  notAcquired(maxAhead?: number): LockNotAcquiredError {
    const { attempts, waited } = this;
    const { holder, age: ageThen, remaining: leftThen, ahead } = this.#contention;
    const since = Math.round(now() - this.#contendedAt);
    const age = ageThen === undefined ? undefined : ageThen + since;
    const remaining = leftThen === undefined ? undefined : Math.max(0, leftThen - since);
    const queued = maxAhead !== undefined;
    const refusal = { attempts, waited, queued, holder, age, remaining, ahead, maxAhead };
    return new LockNotAcquiredError(this.#call.waitsFor, refusal);
  }

  /**
   * The error of a call whose time is over. A server that was silent for longer than `patience` ms is out of order, not
   * contended.
   */
  timedOut(patience: number, silentSince = now()): LockError {
    return this.#failure !== undefined || now() - silentSince > patience ? this.noAnswer() : this.notAcquired();
  }

  /** The error of a call whose time is over while it waits for replicas. */
  unreplicated(): LockError {
    const ms = Math.round(this.waited);
    return new LockBackendError(
      this.#call.waitsFor,
      `acquire was undone: too few replicas had acknowledged it after ${ms} ms`,
    );
  }
}
