import { noAnswer } from "../../driver/backend-error";
import type { Driver } from "../../driver/driver";
import { LockLostError } from "../../driver/errors";
import { now } from "../../driver/lease";
import { turn } from "../../driver/within";
import type { GiveUpToken } from "../give-up-token";
import type { Grant } from "../grant";
import type { ResolvedOptions } from "../options";
import type { Queue } from "../queue/queue";
import { Lease } from "./lease";
import type { LeaseMonitor, ManagedLock } from "./lease-monitor";
import { type LossCause, lossText } from "./loss";

/** What a locker lends to its held locks. */
export interface HoldTools {
  readonly driver: Driver;
  readonly monitor: LeaseMonitor;
  readonly giveUpToken: GiveUpToken;
  readonly queue: Pick<Queue, "retire">;
}

/** What is known of a lock that was granted: whether it is held, and how it was lost. Users get a `Lock` that reads it. */
export class HeldLock implements ManagedLock {
  readonly token: string;
  readonly lease: Lease;
  /** Whether another acquire of the token may still arrive. */
  readonly outcomeUnknown: boolean;
  state: "held" | "releasing" | "released" | "lost" = "held";
  /** The release that is under way. */
  releasing: Promise<void> | undefined;
  /** Why the last extension failed, if none has succeeded since. */
  failure: unknown;
  readonly #wasQueued: boolean;
  #controller: AbortController | undefined;
  #loss: LockLostError | undefined;
  #isReading = false;
  #isGivenUp = false;

  constructor(
    readonly key: string,
    readonly fence: number,
    grant: Grant,
    options: ResolvedOptions,
    readonly tools: HoldTools,
  ) {
    this.token = grant.token;
    this.outcomeUnknown = grant.outcomeUnknown;
    this.#wasQueued = grant.queued;
    this.lease = new Lease(grant, options, now());
    tools.monitor.hold(this);
    if (options.autoExtend || grant.claimed) tools.monitor.keep(this);
  }

  /** Right at the first look after a stall, before any timer ran: a caller that reads "false" never reads "true" again. */
  get isHeld(): boolean {
    if (this.state === "held" && now() >= this.lease.deadline) this.#expired();
    return this.state === "held";
  }

  get remaining(): number {
    return this.isHeld ? this.lease.deadline - now() : 0;
  }

  get signal(): AbortSignal {
    const { isHeld } = this;
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (isHeld) this.tools.monitor.keep(this);
      if (this.#loss) this.#controller.abort(this.#loss);
    }
    return this.#controller.signal;
  }

  /** Whether the lease is over, unless a reply that arrived during a stall of the event loop makes it longer. */
  get mayHaveUnreadReplies(): boolean {
    return this.state === "held" && this.lease.unanswered > 0 && now() >= this.lease.deadline;
  }

  /** The error of a call that needs a held lock. */
  get endedError(): LockLostError {
    return this.#loss ?? new LockLostError(this.key, "it was released");
  }

  extended(sent: number, ttl: number): void {
    const { lease } = this;
    lease.answered();
    // A loss that the caller knows of stays, and the release that it sent frees the key. Before that, the reply counts, also
    // if it was read after the deadline.
    if (this.state !== "held") return;
    this.failure = undefined;
    lease.acknowledged(sent, ttl);
    if (!this.isHeld || !lease.schedule(sent, ttl)) return;
    if (!lease.autoExtend && !this.#controller) this.tools.monitor.leave(this);
  }

  failed(error: unknown): void {
    this.failure = error;
    this.lease.failed(now());
  }

  expire(): void {
    if (this.lease.unanswered === 0) this.#expired();
    else if (!this.#isReading) {
      this.#isReading = true;
      void turn().then(() => {
        this.#isReading = false;
        if (this.lease.deadline - now() <= 1) this.#expired();
      });
    }
  }

  #expired(): void {
    const { claimed, maxHoldReached } = this.lease;
    this.lost(maxHoldReached ? "maxHold reached" : claimed ? "claim ended" : "lease ended");
  }

  lost(cause: LossCause): void {
    if (this.state !== "held") return;
    const { unansweredSince } = this.lease;
    const isReported = cause === "taken" || cause === "forced out";
    if (!isReported && unansweredSince !== undefined) {
      this.failure ??= noAnswer(this.key, "extend", now() - unansweredSince);
    }
    this.end(cause);
    // Whoever may publish can say "forced out", so that what is still ours then is freed for others.
    if (cause !== "taken" || this.outcomeUnknown) this.#giveUp();
  }

  /** A part of a lock of several keys was lost, maybe this one: the message "forced out" may have been for another key. */
  onPartLost(): void {
    if (this.state === "held") this.lost("other key lost");
    else if (this.state === "lost") this.#giveUp();
  }

  /** The lock is not held any more, by its release or by a loss. */
  leave(state: "releasing" | "lost"): void {
    this.state = state;
    if (this.#wasQueued) this.tools.queue.retire(this.key, this.token, this.fence);
    this.tools.monitor.delete(this);
  }

  end(cause: LossCause): LockLostError {
    const loss = new LockLostError(this.key, lossText(cause, this.lease.ttl), this.failure);
    this.#loss = loss;
    this.leave("lost");
    this.#controller?.abort(loss);
    return loss;
  }

  #giveUp(): void {
    if (this.#isGivenUp) return;
    this.#isGivenUp = true;
    void this.tools.giveUpToken(this.key, this.token);
  }
}
