import type { Driver, Replicator } from "../../driver/driver";
import { LockBackendError, LockerClosedError } from "../../driver/errors";
import { leaseEnd, now } from "../../driver/lease";
import { HEARTBEAT } from "../../driver/times";
import { ANSWER_TIMEOUT, within } from "../../driver/within";
import { clientsFlushed } from "../clients-flushed";
import type { GiveUpToken } from "../give-up-token";
import type { Grant } from "../grant";
import type { ResolvedOptions } from "../options";
import type { Queue } from "../queue/queue";
import type { Failed, Push, Queued, Waiter } from "../queue/waiter";
import { newToken } from "../token";
import { Diagnosis } from "./diagnosis";
import type { Mailbox, PendingWait, WaitEnd } from "./mailbox";
import { type Reply, Requests, type Unreplicated } from "./requests";

/** What a locker lends to its calls. */
export interface AcquireTools {
  readonly driver: Driver;
  readonly inbox: string;
  readonly queue: Queue;
  readonly giveUpToken: GiveUpToken;
  readonly openReplicator: () => Replicator;
  /** The waits that end when the locker closes. */
  readonly pendingWaits: Set<PendingWait>;
}

/** `"rested"`: a pause is over. */
export type WaitEvent = Reply | Push | Failed | { readonly status: "rested" };

/** Decides what to do about an event: returns the grant, or makes the candidate go on, or throws why the wait is over. */
export type Strategy = (candidate: Candidate, event: WaitEvent) => Grant | undefined;

const RESTED = { status: "rested" } as const;

/**
 * One call that wants a lock. It has one token at a time, the same for as many requests as possible: a grant whose reply was
 * lost is found again by the next request. It remembers what the server may still have of the token: a request in flight, an
 * earlier request of unknown outcome, a place in a queue, some of the keys.
 */
export class Candidate {
  readonly diagnosis: Diagnosis;
  /** Whether the server may have granted some of the keys, although no reply has granted all. */
  mayHoldSome = false;
  readonly #tools: AcquireTools;
  readonly #mailbox: Mailbox<WaitEvent>;
  readonly #requests: Requests;
  #token = "";
  #waiter: Waiter | undefined;
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
    this.#requests = new Requests(tools.driver, tools.openReplicator, keys, options, mailbox);
    this.diagnosis = new Diagnosis(keys[0]!);
    this.#takeToken();
  }

  #takeToken(): void {
    this.#token = newToken(this.#tools.inbox);
    this.enterQueue();
  }

  /** Whether a request of this token may yet be granted. A release must then leave a tombstone, which refuses it. */
  get #mayBeGranted(): boolean {
    return this.#outcomeUnknown || this.#requests.inFlight !== undefined;
  }

  /** Whether the server may still have something of the token. */
  get hasResidue(): boolean {
    return this.#mayBeGranted || this.#waiter !== undefined || this.mayHoldSome;
  }

  /** Whether a reply said that the token waits in a queue. */
  get isQueued(): boolean {
    return this.#waiter !== undefined && this.#waiter.ticket > 0;
  }

  /** Whether a request is in flight that was sent less than `ms` ago. */
  isInFlight(ms: number): boolean {
    return this.#requests.inFlight !== undefined && now() - this.#requests.sentAt < ms;
  }

  /** Sends a request. An earlier one that is still in flight is not awaited any more. */
  send(): void {
    this.#outcomeUnknown = this.#mayBeGranted;
    this.#mailbox.cancelReminder();
    this.#waiter?.requestSent();
    this.#requests.send(this.#token, this.#waiter && { key: this.diagnosis.key, ticket: this.#waiter.ticket });
    this.diagnosis.attempts++;
  }

  /** Sends a request after `ms`. Until then other events are still read. */
  sendAfter(ms: number): void {
    if (ms > 0) this.#mailbox.remind(ms, RESTED);
    else this.send();
  }

  /** Called with each event before anything else: a reply ends its request. */
  read(event: WaitEvent): void {
    if (event.status !== "push" && event.status !== "rested") this.#requests.inFlight = undefined;
  }

  /** A request was granted. Returns nothing if the lease is over already: it then asks again whether it has the lock. */
  granted(reply: Extract<Reply, { readonly status: "granted" }>): Grant | undefined {
    const { ttl } = this.options;
    const deadline = leaseEnd(this.#requests.sentAt, ttl);
    if (now() < deadline) return this.grant("fence" in reply ? [reply.fence] : reply.fences, deadline, false);
    this.#outcomeUnknown = true;
    this.sendAfter(this.diagnosis.replyExpired(ttl));
    return undefined;
  }

  grant(fences: readonly number[], deadline: number, claimed: boolean): Grant {
    const queued = claimed || this.isQueued;
    return { token: this.#token, fences, deadline, claimed, outcomeUnknown: this.#mayBeGranted, queued };
  }

  unreplicated({ error }: Unreplicated): never {
    this.mayHoldSome = true;
    throw error;
  }

  /** The reply says that the token waits in the queue of `key`. */
  enqueued(reply: Queued, key = this.diagnosis.key): void {
    this.diagnosis.contended(key);
    this.mayHoldSome = key !== this.keys[0];
    this.#tools.queue.queued(this.#waiter!, key, this.#requests.sentAt, reply);
  }

  /** A request failed. Throws if another one would be pointless. */
  failed(error: unknown, isLast = false): void {
    this.#outcomeUnknown = true;
    this.diagnosis.failed(error, isLast);
  }

  /** Takes a new token: a dead one is never granted again. `holdsSome`: the old one may have some of the keys. */
  renew(holdsSome: boolean): void {
    this.leaveQueue();
    const tombstone = this.#mayBeGranted;
    if (holdsSome || tombstone) {
      for (const key of this.keys) void this.#tools.giveUpToken(key, this.#token, { tombstone });
    }
    this.#takeToken();
  }

  /** Enters a queue if the call is to wait in one: events are then posted for the token. */
  enterQueue(): void {
    if (this.options.wait === "queue") this.#waiter = this.#tools.queue.enter(this.#token, this.#mailbox);
  }

  leaveQueue(): void {
    if (this.#waiter) this.#tools.queue.leave(this.#waiter);
  }

  /** The error of a wait that ended. */
  endedBy(end: WaitEnd): unknown {
    const { key, waited } = this.diagnosis;
    const { inFlight, isReplicating, sentAt } = this.#requests;
    this.#requests.abandon();
    if (end.by === "signal") return end.reason;
    if (end.by === "close") return new LockerClosedError(key);
    if (inFlight && isReplicating) {
      const ms = Math.round(waited);
      return new LockBackendError(key, `acquire was undone: too few replicas had acknowledged it after ${ms} ms`);
    }
    if (inFlight) return this.diagnosis.timedOut(now() - sentAt, waited / 2);
    return this.diagnosis.timedOut(now() - (this.#waiter?.line?.silentSince ?? now()), HEARTBEAT);
  }

  /** Gives the token up after `error`, and resolves when the caller may close the client. */
  async giveUp(error: unknown): Promise<void> {
    const { queue, giveUpToken } = this.#tools;
    const outstanding = { tombstone: this.#mayBeGranted, inFlight: this.#requests.inFlight };
    this.#mailbox.cancelReminder();
    if (this.#waiter) for (const key of this.keys) queue.retire(key, this.#token, 0);
    const released = Promise.all(this.keys.map((key) => giveUpToken(key, this.#token, outstanding)));
    if (error instanceof LockBackendError && this.mayHoldSome) {
      // The caller may look whether the keys are free. So the replies are awaited, unless the wait ends before.
      this.#mailbox.clear();
      const free = within(ANSWER_TIMEOUT, released, () => error);
      await Promise.race([free.catch(() => {}), this.#mailbox.next()]);
    } else await clientsFlushed();
  }
}
