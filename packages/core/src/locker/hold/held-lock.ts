// Tested by packages/core/test/hold.test.ts, test/holding/stall.test.ts
import { noAnswer } from "../../driver/backend-error";
import { LockLostError } from "../../driver/errors";
import { leaseEnd, now } from "../../driver/lease";
import { turn } from "../../driver/with-timeout";
import type { Grant } from "../grant";
import type { ResolvedOptions } from "../options";
import type { HoldTools } from "./hold-tools";
import { type HoldWatch, reportLoss } from "./hold-watch";
import type { ManagedLock } from "./lease-monitor";
import { extensionDue, type LeaseTerms, planExtension, retryDue } from "./lease-schedule";
import { CLAIM_ENDED, FORCED_OUT, type LossCause, leaseEnded, MAX_HOLD_REACHED, TAKEN } from "./loss";
import { PendingExtensions } from "./pending-extensions";

/** The state of a granted lock: whether it is held, until when, and how it was lost. Users get a `Lock` that reads it. */
export class HeldLock implements ManagedLock {
  readonly key: string;
  readonly fence: number;
  readonly grant: Grant;
  readonly tools: HoldTools;
  state: "held" | "releasing" | "released" | "lost" = "held";
  /** The release that is under way. */
  releasing: Promise<void> | undefined;
  /** Why the last extension failed, if none has succeeded since. */
  failure: unknown;
  deadline: number;
  claimed: boolean;
  extendAt: number;
  readonly extensions = new PendingExtensions();
  readonly heldSince = now();
  /** Present if somebody observes the hold. */
  watch: HoldWatch | undefined;
  readonly #terms: LeaseTerms;
  #controller: AbortController | undefined;
  #error: LockLostError | undefined;
  #isReading = false;
  #isGivenUp = false;
  #maxHoldReached = false;

  constructor(key: string, fence: number, grant: Grant, options: ResolvedOptions, tools: HoldTools) {
    const { ttl, autoExtend, maxHold } = options;
    this.key = key;
    this.fence = fence;
    this.grant = grant;
    this.tools = tools;
    this.deadline = grant.deadline;
    this.claimed = grant.claimed;
    this.#terms = { ttl, autoExtend, maxHoldAt: autoExtend ? this.heldSince + maxHold : Infinity };
    this.extendAt = grant.claimed ? now() : extensionDue(this.#terms, grant.deadline - ttl);
    tools.monitor.hold(this);
    if (autoExtend || grant.claimed) tools.monitor.keep(this);
    if (grant.overtaken) void this.#readOvertaken(grant.overtaken);
  }

  async #readOvertaken({ sent, reply }: NonNullable<Grant["overtaken"]>): Promise<void> {
    this.extensions.sent();
    const status = (await reply.catch(() => undefined))?.status;
    this.extensions.settled(false);
    if (status === "granted" && this.state === "held")
      this.deadline = Math.max(this.deadline, leaseEnd(sent, this.ttl));
  }

  /** The ttl that the lock was acquired with. */
  get ttl(): number {
    return this.#terms.ttl;
  }

  /**
   * Right at the first look after a stall, before any timer ran: a caller that reads "false" never reads "true" again.
   */
  get isHeld(): boolean {
    if (this.state === "held" && now() >= this.deadline) this.#expired();
    return this.state === "held";
  }

  get signal(): AbortSignal {
    const { isHeld } = this;
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (isHeld) this.tools.monitor.keep(this);
      if (this.#error) this.#controller.abort(this.#error);
    }
    return this.#controller.signal;
  }

  /** What is left of the lease, in ms. */
  get remaining(): number {
    // The process may stand still between the two looks at the clock.
    return this.isHeld ? Math.max(0, this.deadline - now()) : 0;
  }

  /** Whether the lease is over, unless a reply that arrived during a stall of the event loop makes it longer. */
  get mayHaveUnreadReplies(): boolean {
    return this.state === "held" && this.extensions.some && now() >= this.deadline;
  }

  /** The error of a call that needs a held lock. */
  get endedError(): LockLostError {
    return this.#error ?? new LockLostError(this.key, "it was released");
  }

  beginExtension(time: number): number {
    const { ttl, nextAt } = planExtension(this.#terms, time, this.deadline);
    this.extendAt = nextAt;
    if (ttl === 0) this.claimed = false;
    else {
      this.#maxHoldReached = ttl < this.ttl;
      this.extensions.sent(time);
    }
    return ttl;
  }

  watchedBy(watch: HoldWatch): void {
    this.watch = watch;
    if (this.isHeld) this.tools.monitor.keep(this);
    else watch.lost("expired", this.endedError); // before anybody could watch it
  }

  extended(sent: number, ttl: number): void {
    this.extensions.settled();
    // A loss that the caller knows of stays, and the release that it sent frees the key. Before that, the reply counts, even
    // if it was read after the deadline.
    if (this.state !== "held") return;
    this.failure = undefined;
    this.deadline = Math.max(this.deadline, leaseEnd(sent, ttl));
    if (!this.isHeld) return;
    if (ttl < this.ttl && !this.#maxHoldReached) return; // by the caller: the extension to the whole ttl is still due
    this.claimed = false;
    this.extendAt = extensionDue(this.#terms, Math.max(sent, this.deadline - this.ttl));
    if (!this.#terms.autoExtend && !this.#controller && !this.watch) this.tools.monitor.leave(this);
  }

  failed(error: unknown): void {
    this.extensions.settled();
    this.failure = error;
    this.extendAt = Math.min(this.extendAt, retryDue(this.#terms, now()));
  }

  expire(): void {
    if (!this.extensions.some) this.#expired();
    else if (!this.#isReading) {
      this.#isReading = true;
      void turn().then(() => {
        this.#isReading = false;
        if (this.deadline - now() <= 1) this.#expired();
      });
    }
  }

  #expired(): void {
    this.lost(this.#maxHoldReached ? MAX_HOLD_REACHED : this.claimed ? CLAIM_ENDED : leaseEnded(this.ttl));
  }

  lost(cause: LossCause, reason?: string): void {
    if (this.state !== "held") return;
    const isReported = cause === TAKEN || cause === FORCED_OUT;
    const { silence } = this.extensions;
    if (!isReported && silence !== undefined) this.failure ??= noAnswer(this.key, "extend", silence);
    this.end(cause, reason);
    // Any client that may publish can send "forced out". If the lock is still ours then, it is freed for others.
    if (cause !== TAKEN || this.grant.outcomeUnknown) this.#giveUp();
  }

  /**
   * A part of a lock of several keys was lost, maybe this one: the message "forced out" may have been for another key.
   */
  onPartLost(error: LockLostError): void {
    if (this.state === "held") this.#endWith(error);
    if (this.state === "lost") this.#giveUp();
  }

  /** The lock is not held any more, by its release or by a loss. */
  leave(state: "releasing" | "lost"): void {
    this.state = state;
    if (this.grant.queued) this.tools.queue?.retire(this.key, this.grant.token, this.fence);
    this.tools.monitor.delete(this);
  }

  /** The lock is lost, by whatever cause. */
  end(cause: LossCause, reason?: string): LockLostError {
    const error = new LockLostError(this.key, cause, this.failure, reason);
    this.#endWith(error);
    if (this.tools.owner) reportLoss(this, cause, error);
    return error;
  }

  #endWith(error: LockLostError): void {
    this.#error = error;
    this.leave("lost");
    this.#controller?.abort(error);
  }

  #giveUp(): void {
    if (this.#isGivenUp) return;
    this.#isGivenUp = true;
    void this.tools.giveUpToken(this.key, this.grant.token);
  }
}
