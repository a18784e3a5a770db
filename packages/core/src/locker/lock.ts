import { inspect } from "node:util";
import { backendError, noAnswer } from "../driver/backend-error";
import type { Driver, ExtendReply, ReleaseReply } from "../driver/driver";
import { LockLostError } from "../driver/errors";
import type { Keeper, Kept } from "./keeper";
import { leaseEnd, now } from "../driver/lease";
import { checkTtl, type ResolvedOptions } from "./options";
import type { Queue } from "./queue";
import type { Undo } from "./undo";
import { warn } from "../driver/warning";
import { ANSWER_TIMEOUT, turn, within } from "../driver/within";

/** The exclusive right to a key for a limited time. */
export interface Lock {
  readonly key: string;
  /** The random proof of this acquisition: whoever has it can release the lock. Never log it. */
  readonly token: string;
  /** Rises with every grant of the key. Pass it to what the lock protects, and have lower ones refused there. */
  readonly fence: number;
  /**
   * Aborts, with a `LockLostError` as reason, when the lock is lost: at the latest when its lease ends by the local
   * clock, also if Redis can't be reached. It does not abort on release.
   */
  readonly signal: AbortSignal;
  /** Whether the lock is surely ours, judged now by the local monotonic clock. */
  readonly isHeld: boolean;
  /** What is left of the lease, in ms, judged now; 0 if the lock is not held. */
  remaining(): number;
  /**
   * Makes the lease last at least `ttl` ms from now (default: the ttl it was acquired with); it never makes it shorter.
   * Rejects with `LockLostError` if the lock is no longer ours, with `LockBackendError` if Redis does not answer within
   * 5 s or refuses: the lease then ends when it would have, unless a later extension succeeds.
   */
  extend(ttl?: number): Promise<void>;
  /**
   * Frees the lock. Rejects with `LockLostError` if it is no longer ours, with `LockBackendError` if Redis does not answer
   * within 5 s or refuses: the release is then repeated in the background, and the ttl frees the lock at last.
   * After a good release it does nothing.
   */
  release(): Promise<void>;
  /**
   * Releases at the end of an `await using` block, and never rejects, so that it can't replace an error of the block:
   * what `release` would have thrown becomes a warning.
   */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Grant {
  readonly token: string;
  /** One per key. */
  readonly fences: readonly number[];
  /** When the lease ends, on the clock of `now()`. */
  readonly deadline: number;
  /** Whether the lease is the short one of a hand-over, to be extended to the ttl at once. */
  readonly claimed: boolean;
  /** Whether another acquire of this token may still be under way. */
  readonly ambiguous: boolean;
  /** Whether the token was in a queue. */
  readonly queued: boolean;
}

/** Parts of a ttl: an extension comes after a third, at a multiple of a thirtieth so that many locks share a script. */
const EXTEND_AFTER = 1 / 3;
const GRID = 1 / 30;
/** After an extension that failed. */
const RETRY_AFTER = 1 / 12;

export interface Holding {
  readonly driver: Driver;
  readonly keeper: Keeper;
  readonly undo: Undo;
  readonly queue: Pick<Queue, "gone">;
}

/** Only what a `Lock` has is public. */
export class HeldLock implements Lock, Kept {
  readonly key: string;
  readonly fence: number;
  readonly #token: string;
  readonly #with: Holding;
  readonly #ttl: number;
  readonly #autoExtend: boolean;
  readonly #ambiguous: boolean;
  readonly #queued: boolean;
  readonly #capped: number;
  #state: "held" | "releasing" | "released" | "lost" = "held";
  #deadline: number;
  #extendAt: number;
  #controller: AbortController | undefined;
  #loss: LockLostError | undefined;
  #failure: unknown;
  /** How many extensions have no answer yet, and when the first of them was sent. */
  #unanswered = 0;
  #silentSince: number | undefined;
  #isHearing = false;
  #undone = false;
  #releasing: Promise<void> | undefined;
  #cappedOut = false;
  #claimed: boolean;

  constructor(key: string, fence: number, grant: Grant, options: ResolvedOptions, holding: Holding) {
    const { ttl, autoExtend, maxHold } = options;
    this.key = key;
    this.fence = fence;
    this.#token = grant.token;
    this.#with = holding;
    this.#ttl = ttl;
    this.#autoExtend = autoExtend;
    this.#ambiguous = grant.ambiguous;
    this.#queued = grant.queued;
    this.#capped = autoExtend ? now() + maxHold : Number.POSITIVE_INFINITY;
    this.#deadline = grant.deadline;
    this.#claimed = grant.claimed;
    this.#extendAt = grant.claimed ? now() : this.#nextExtension(grant.deadline - ttl);
    holding.keeper.hold(this);
    if (autoExtend || grant.claimed) holding.keeper.keep(this);
  }

  /** Not a field of the object, so that nothing that prints or copies the lock has it. */
  get token(): string {
    return this.#token;
  }

  get signal(): AbortSignal {
    const held = this.isHeld;
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (held) this.#with.keeper.keep(this);
      if (this.#loss) this.#controller.abort(this.#loss);
    }
    return this.#controller.signal;
  }

  /** Truth at the first look after a stall, before any timer ran: whoever is told "no" here is told for good. */
  get isHeld(): boolean {
    if (this.#state === "held" && now() >= this.#deadline) this.#loseLease();
    return this.#state === "held";
  }

  // These three work also when they are passed on alone, `release` to a `finally` for instance.

  readonly remaining = (): number => (this.isHeld ? this.#deadline - now() : 0);

  readonly extend = async (ttl = this.#ttl): Promise<void> => {
    checkTtl(ttl);
    const { key, token } = this;
    if (this.#mayHearMore()) await turn();
    if (!this.isHeld) throw this.#ended();
    const sent = now();
    const patience = Math.min(ANSWER_TIMEOUT, this.#deadline - sent + 1); // a timer may be early, and then it is no loss yet
    const answer = this.#with.driver.extend({ key, token, ttl });
    this.#asked(sent);
    let reply: ExtendReply;
    try {
      reply = await within(patience, answer, () => noAnswer(key, "extend", patience));
    } catch (error) {
      const failed = () => this.#answered();
      answer.then((late) => (late === "held" ? this.extended(sent, ttl) : failed()), failed);
      this.#failure = error;
      if (this.#mayHearMore()) await turn();
      throw this.isHeld ? backendError(key, "extend", error) : this.#ended();
    }
    if (reply === "held") this.extended(sent, ttl);
    else this.lose("somebody else freed or took it", true);
    if (!this.isHeld) throw this.#ended();
  };

  readonly release = async (): Promise<void> => {
    if (this.#state === "released") return;
    if (this.#mayHearMore()) await turn();
    if (this.#state !== "releasing" && !this.isHeld) throw this.#ended();
    this.#releasing ??= this.#release();
    try {
      await this.#releasing;
    } finally {
      this.#releasing = undefined;
    }
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release().catch(warn);
  }

  /** What `console.log` shows. */
  [inspect.custom](): object {
    const { key, fence, isHeld } = this;
    return { key, fence, isHeld, remaining: this.remaining() };
  }

  // What follows is for the keeper.

  get deadline(): number {
    return this.#deadline;
  }

  get claimed(): boolean {
    return this.#claimed;
  }

  get extendAt(): number {
    return this.#extendAt;
  }

  nextTtl(): number {
    const time = now();
    const ask = Math.min(this.#ttl, Math.floor(this.#capped - time));
    if (leaseEnd(time, ask) <= this.#deadline) {
      this.#claimed = false;
      this.#extendAt = ask === this.#ttl ? this.#nextExtension(this.#deadline - ask) : Number.POSITIVE_INFINITY;
      return 0;
    }
    this.#cappedOut = ask < this.#ttl;
    this.#asked(time);
    this.#extendAt = time + Math.min(this.#ttl * EXTEND_AFTER, 1_000); // unless there is an answer before
    return ask;
  }

  extended(sent: number, ttl: number): void {
    this.#answered();
    // A loss that somebody was told of stays; the release that it sent frees what Redis still extended. Before that, the answer
    // counts also where it was read after the deadline.
    if (this.#state !== "held") return;
    this.#failure = undefined;
    this.#deadline = Math.max(this.#deadline, leaseEnd(sent, ttl));
    if (!this.isHeld) return;
    if (ttl < this.#ttl && !this.#cappedOut) return; // the caller's own: the extension to the whole ttl is still due
    this.#claimed = false;
    this.#extendAt = this.#nextExtension(Math.max(sent, this.#deadline - this.#ttl));
    if (!this.#autoExtend && !this.#controller) this.#with.keeper.leave(this);
  }

  failed(error: unknown): void {
    this.#answered();
    this.#failure = error;
    const again = now() + Math.min(Math.max(this.#ttl * RETRY_AFTER, 10), 1_000);
    this.#extendAt = Math.min(this.#extendAt, again);
  }

  lose(why: string, stolen: boolean): void {
    if (this.#state !== "held") return;
    if (!stolen && this.#silentSince !== undefined) {
      this.#failure ??= noAnswer(this.key, "extend", now() - this.#silentSince);
    }
    this.#end(this.#cappedOut && !stolen ? "maxHold was reached" : why);
    if (!stolen || this.#ambiguous) this.#undo();
  }

  expire(): void {
    if (this.#unanswered === 0) this.#loseLease();
    else if (!this.#isHearing) {
      this.#isHearing = true;
      void turn().then(() => {
        this.#isHearing = false;
        if (this.#deadline - now() <= 1) this.#loseLease();
      });
    }
  }

  forcedOut(): void {
    if (this.#state !== "held") return;
    this.lose("it was forced out", true);
    this.#undo(); // whoever may publish can say so: what is still ours is freed for others
  }

  /** Of a lock of several keys, when another one was lost; also of the lost one, as the message may have named none. */
  abandon(): void {
    if (this.#state === "held") this.lose("another key of the same lock was lost", false);
    else if (this.#state === "lost") this.#undo();
  }

  #loseLease(): void {
    this.lose(this.#claimed ? "the lease of its hand-over ended" : `its lease of ${this.#ttl} ms ended`, false);
  }

  /** After a stall of the event loop, whether answers may have arrived that make the lease longer. */
  #mayHearMore(): boolean {
    return this.#state === "held" && this.#unanswered > 0 && now() >= this.#deadline;
  }

  #asked(time: number): void {
    this.#unanswered++;
    this.#silentSince ??= time;
  }

  #answered(): void {
    this.#unanswered--;
    this.#silentSince = undefined;
  }

  #undo(): void {
    if (this.#undone) return;
    this.#undone = true;
    void this.#with.undo(this.key, this.token);
  }

  #nextExtension(from: number): number {
    if (!this.#autoExtend) return Number.POSITIVE_INFINITY;
    const step = this.#ttl * GRID;
    return Math.ceil((from + this.#ttl * EXTEND_AFTER) / step) * step;
  }

  #ended(): LockLostError {
    return this.#loss ?? new LockLostError(this.key, "it was released");
  }

  #end(why: string): LockLostError {
    const loss = new LockLostError(this.key, why, this.#failure);
    this.#state = "lost";
    this.#loss = loss;
    this.#gone();
    this.#with.keeper.delete(this);
    this.#controller?.abort(loss);
    return loss;
  }

  #gone(): void {
    if (this.#queued) this.#with.queue.gone(this.key, this.token, this.fence);
  }

  async #release(): Promise<void> {
    const { key, token } = this;
    const { driver, keeper, undo } = this.#with;
    this.#state = "releasing";
    keeper.delete(this);
    this.#gone();
    let reply: ReleaseReply;
    try {
      const answer = driver.release({ key, token, undo: this.#ambiguous });
      reply = await within(ANSWER_TIMEOUT, answer, () => noAnswer(key, "release"));
    } catch (error) {
      void undo(key, token);
      throw backendError(key, "release", error);
    }
    // "Not ours" after the lease was over is no loss: the release was called in time, and the lock is free of us.
    if (reply === "lost" && now() < this.#deadline) throw this.#end("somebody else freed or took it");
    this.#state = "released";
  }
}
