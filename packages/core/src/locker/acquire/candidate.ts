// Tested by packages/core/test/strategies.test.ts, packages/core/test/ambiguity.test.ts
import { LockBackendError, LockerClosedError } from "../../driver/errors";
import { leaseEnd, now } from "../../driver/lease";
import { HEARTBEAT } from "../../driver/times";
import { ANSWER_TIMEOUT, withTimeout } from "../../driver/with-timeout";
import { clientsFlushed } from "../clients-flushed";
import type { Grant } from "../grant";
import type { ResolvedOptions } from "../options";
import type { Queue } from "../queue/queue";
import type { Queued, Waiter } from "../queue/waiter";
import { newToken } from "../token";
import type { AcquireTools } from "./acquire-tools";
import { Diagnosis } from "./diagnosis";
import type { Mailbox, WaitEnd } from "./mailbox";
import { createPatience } from "./patience";
import { createRequest, type Reply, type SendRequest } from "./request";
import type { WaitEvent } from "./wait-event";

/**
 * One call that wants a lock. It has one token at a time, the same for as many requests as possible: a grant whose
 * reply was lost is found again by the next request. It remembers what the server may still have of the token: a
 * request in flight, an earlier request of unknown outcome, a place in a queue, some of the keys.
 */
export class Candidate {
  readonly diagnosis: Diagnosis;
  /** The key that another token holds, as far as is known. The next request waits in its queue. */
  waitsFor: string;
  readonly #patience = createPatience();
  /** Whether the server may have granted some of the keys, although no grant counted. */
  mayHoldSome = false;
  readonly #tools: AcquireTools;
  readonly #mailbox: Mailbox<WaitEvent>;
  readonly #request: SendRequest;
  /** Where it waits. Absent for a call that retries. */
  readonly #queue: Queue | undefined;
  #token = "";
  #waiter: Waiter | undefined;
  /** The latest request, until its reply is read; and when it was sent. */
  #inFlight: Promise<Reply> | undefined;
  #sentAt = 0;
  /** Lets the driver see that nobody waits for the latest request. */
  #call: { abandoned: boolean } | undefined;
  /** Whether the latest request was granted, and only replicas are awaited. */
  #isReplicating = false;
  /** Whether a request failed, had its reply too late, or was not awaited: it may be granted, now or when it arrives. */
  #outcomeUnknown = false;

  constructor(
    readonly keys: readonly string[],
    readonly options: ResolvedOptions,
    tools: AcquireTools,
    mailbox: Mailbox<WaitEvent>,
  ) {
    this.#tools = tools;
    this.#mailbox = mailbox;
    this.#request = createRequest(tools, keys, options);
    this.#queue = options.wait === "queue" ? tools.queue : undefined;
    this.waitsFor = keys[0]!;
    this.diagnosis = new Diagnosis(this);
    this.#takeToken();
  }

  #takeToken(): void {
    this.#token = newToken(this.#tools.inbox, this.options);
    this.#outcomeUnknown = false; // no request had this token before
    this.enterQueue();
  }

  /** Whether a request of this token may yet be granted. A release must then leave a tombstone, which refuses it. */
  get #mayBeGranted(): boolean {
    return this.#outcomeUnknown || this.#inFlight !== undefined;
  }

  /** Whether a reply said that the token waits in a queue. */
  get isQueued(): boolean {
    return (this.#waiter?.ticket ?? 0) > 0;
  }

  /** Whether a request is in flight that was sent less than `ms` ago. */
  isInFlight(ms: number): boolean {
    return this.#inFlight !== undefined && now() - this.#sentAt < ms;
  }

  /** Sends a request. An earlier one that is still in flight is not awaited any more. */
  send(): void {
    const waiter = this.#waiter;
    this.#outcomeUnknown = this.#mayBeGranted;
    this.#call = { abandoned: false };
    this.#isReplicating = false;
    this.#sentAt = now();
    this.#mailbox.cancelReminder();
    waiter?.requestSent();
    const place = waiter && { key: this.waitsFor, ticket: waiter.ticket };
    const reply = this.#request(this.#token, place, this.#call, () => {
      this.#isReplicating = this.#inFlight === reply;
    });
    const post = (event: WaitEvent) => {
      if (this.#inFlight === reply) this.#mailbox.post(event);
      else if (event.status === "queued" && event.key === place?.key) waiter!.ticket ||= event.ticket;
    };
    this.#inFlight = reply;
    this.diagnosis.attempts++;
    const patience = this.#patience.sent(this.#sentAt);
    if (this.options.timeout > ANSWER_TIMEOUT) this.#mailbox.remind(patience, { status: "unanswered" });
    reply.then(post, (error: unknown) => post({ status: "failed", error }));
  }

  /** Sends a request after `ms`. Until then other events are still read. */
  sendAfter(ms: number): void {
    if (ms > 0) this.#mailbox.remind(ms, { status: "rested" });
    else this.send();
  }

  /** Call this first with each event: it remembers what the event means for the token. */
  read({ status }: WaitEvent): void {
    if (status === "push" || status === "rested" || status === "unanswered") return;
    this.#inFlight = undefined;
    this.#patience.answered();
    this.#mailbox.cancelReminder();
    if (status === "failed") this.#outcomeUnknown = true;
    if (status === "unreplicated") this.mayHoldSome = true;
  }

  /** Returns the grant of a reply. If its lease is over already, the lock may be another token's: it then asks again. */
  readGrant(reply: Extract<Reply, { readonly status: "granted" }>): Grant | undefined {
    const deadline = leaseEnd(this.#sentAt, this.options.ttl);
    if (now() < deadline) return this.makeGrant(reply.fences, deadline, false);
    this.#outcomeUnknown = true;
    this.sendAfter(this.diagnosis.replyExpired(this.options.ttl));
    return undefined;
  }

  makeGrant(fences: readonly number[], deadline: number, claimed: boolean): Grant {
    const queued = claimed || this.isQueued;
    if (claimed) this.#waiter?.place.left("passed_on");
    const overtaken = claimed && this.#inFlight ? { sent: this.#sentAt, reply: this.#inFlight } : undefined;
    return { token: this.#token, fences, deadline, claimed, overtaken, outcomeUnknown: this.#mayBeGranted, queued };
  }

  /** The reply says that another token holds this key. */
  contended(reply: Extract<Reply, { readonly remaining: number }>): void {
    this.waitsFor = reply.key;
    this.diagnosis.answered(reply);
  }

  /** The reply says that the token is in the queue. */
  enqueued(reply: Queued): void {
    this.contended(reply);
    this.mayHoldSome = reply.key !== this.keys[0];
    if (!this.isQueued) this.diagnosis.found(reply, this.options.maxAhead);
    this.#queue?.queued(this.#waiter!, reply.key, this.#sentAt, reply);
  }

  /** Takes a new token, and gives up what the old one may have of several keys. */
  replaceToken(mayHave: "none" | "some"): void {
    this.#giveUpToken(mayHave === "some" && this.keys.length > 1);
    this.leaveQueue();
    this.#takeToken();
  }

  #giveUpToken(holdsSome: boolean): Promise<unknown> {
    for (const key of this.keys) this.#queue?.retire(key, this.#token, 0);
    const tombstone = this.#mayBeGranted;
    const keys = holdsSome || tombstone ? this.keys : [];
    return Promise.all(
      keys.map((key) => this.#tools.giveUpToken(key, this.#token, { tombstone, inFlight: this.#inFlight })),
    );
  }

  /** Enters a queue if the call is to wait in one: events are then posted for the token. */
  enterQueue(): void {
    this.#waiter = this.#queue?.enter(this.#token, this.#mailbox);
  }

  leaveQueue(): void {
    if (this.#waiter) this.#queue?.leave(this.#waiter);
  }

  /** Abandons the request in flight. Returns the error of the call. */
  abandon(end: WaitEnd): unknown {
    const isPending = this.#inFlight !== undefined;
    const seen = this.#waiter?.seen;
    if (seen) this.diagnosis.saw(seen.contention, seen.at);
    this.#call!.abandoned = isPending;
    if (end.by === "signal") return end.reason;
    if (end.by === "close") return new LockerClosedError(this.waitsFor);
    if (!isPending) return this.diagnosis.timedOut(HEARTBEAT, this.#waiter?.line?.silentSince);
    if (this.#isReplicating) return this.diagnosis.unreplicated();
    return this.diagnosis.timedOut(this.diagnosis.waited / 2, this.#patience.silentSince);
  }

  /** Gives up what the server may still have of the token, after `error`. Resolves when the caller may close the client. */
  async giveUp(error: unknown): Promise<void> {
    this.#mailbox.cancelReminder();
    if (!this.#mayBeGranted && !this.#waiter && !this.mayHoldSome) return;
    const released = this.#giveUpToken(true);
    if (error instanceof LockBackendError && this.mayHoldSome) {
      // The caller may look whether the keys are free. So the replies are awaited, unless the wait ends before.
      this.#mailbox.clear();
      const free = withTimeout(ANSWER_TIMEOUT, released, () => error);
      await Promise.race([free.catch(() => {}), this.#mailbox.next()]);
    } else await clientsFlushed();
  }
}
