import { backendError, noAnswer } from "./backend-error";
import type { Driver } from "./driver";
import { LockLostError } from "./errors";
import type { Keeper, Kept } from "./keeper";
import { leaseEnd, now } from "./lease";
import { checkTtl, type ResolvedOptions } from "./options";
import type { Undo } from "./undo";
import { warn } from "./warning";
import { ANSWER_TIMEOUT, within } from "./within";

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
  readonly key: string;
  readonly token: string;
  readonly fence: number;
  /** When the lease ends, on the clock of `now()`. */
  readonly deadline: number;
  /** Whether the lease is the short one of a hand-over, to be extended to the ttl at once. */
  readonly claimed: boolean;
  /** Whether another acquire of this token may still be under way. */
  readonly ambiguous: boolean;
}

/** Parts of a ttl: an extension comes after a third, at a multiple of a sixtieth so that many locks share a script. */
const EXTEND_AFTER = 1 / 3;
const GRID = 1 / 60;
/** After an extension that failed. */
const RETRY_AFTER = 1 / 12;

export function createLock(
  { key, token, fence, deadline: granted, claimed, ambiguous }: Grant,
  { ttl, autoExtend, maxHold }: ResolvedOptions,
  { driver, keeper, undo }: { driver: Driver; keeper: Keeper; undo: Undo },
): Lock {
  const capped = now() + maxHold;
  const step = ttl * GRID;
  const nextExtension = (from: number): number => Math.ceil((from + ttl * EXTEND_AFTER) / step) * step;

  let state: "held" | "releasing" | "released" | "lost" = "held";
  let deadline = granted;
  let controller: AbortController | undefined;
  let loss: LockLostError | undefined;
  let failure: unknown;
  let releasing: Promise<void> | undefined;
  let cappedOut = false;

  function end(why: string): LockLostError {
    state = "lost";
    loss = new LockLostError(key, why, failure);
    keeper.delete(kept);
    controller?.abort(loss);
    return loss;
  }

  const kept: Kept = {
    key,
    token,
    get deadline() {
      return deadline;
    },
    extendAt: claimed ? now() : autoExtend ? nextExtension(deadline - ttl) : Number.POSITIVE_INFINITY,
    nextTtl() {
      const time = now();
      const ask = Math.min(ttl, Math.floor(capped - time));
      if (leaseEnd(time, ask) <= deadline) {
        kept.extendAt = autoExtend && ask === ttl ? nextExtension(deadline - ttl) : Number.POSITIVE_INFINITY;
        return 0;
      }
      cappedOut = ask < ttl;
      return ask;
    },
    pause(error) {
      if (error === undefined) return Math.min(ttl * EXTEND_AFTER, 1_000);
      failure = error;
      return Math.min(Math.max(ttl * RETRY_AFTER, 10), 1_000);
    },
    extended(sentAt, asked) {
      // Past its deadline a lock stays lost; the release that its loss sent frees what Redis still extended.
      if (!isHeld()) return;
      failure = undefined;
      deadline = Math.max(deadline, leaseEnd(sentAt, asked));
      kept.extendAt = autoExtend ? nextExtension(Math.max(sentAt, deadline - ttl)) : Number.POSITIVE_INFINITY;
      if (!autoExtend && !controller) keeper.delete(kept);
    },
    lose(why, stolen) {
      if (state !== "held") return;
      end(cappedOut && !stolen ? "maxHold was reached" : why);
      if (!stolen || ambiguous) undo(key, token);
    },
  };

  /** Truth at the first look after a stall, before any timer ran. */
  function isHeld(): boolean {
    if (state === "held" && now() >= deadline) kept.lose(`its lease of ${ttl} ms ended`, false);
    return state === "held";
  }

  const ended = (): LockLostError => loss ?? new LockLostError(key, "it was released");

  async function release(): Promise<void> {
    const heldUntil = deadline;
    state = "releasing";
    keeper.delete(kept);
    let reply: Awaited<ReturnType<Driver["release"]>>;
    try {
      reply = await within(ANSWER_TIMEOUT, driver.release({ key, token, undo: ambiguous }), () =>
        noAnswer(key, "release"),
      );
    } catch (error) {
      undo(key, token);
      throw backendError(key, "release", error);
    }
    // "Not ours" after the lease was over is no loss: the release was called in time, and the lock is free of us.
    if (reply === "lost" && now() < heldUntil) throw end("somebody else freed or took it");
    state = "released";
  }

  const lock: Lock = {
    key,
    token,
    fence,
    get signal() {
      if (controller === undefined) {
        controller = new AbortController();
        if (isHeld()) keeper.add(kept);
        if (loss) controller.abort(loss);
      } else isHeld();
      return controller.signal;
    },
    get isHeld() {
      return isHeld();
    },
    remaining: () => (isHeld() ? deadline - now() : 0),
    async extend(longer = ttl) {
      checkTtl(longer);
      if (!isHeld()) throw ended();
      const sentAt = now();
      const patience = Math.min(ANSWER_TIMEOUT, deadline - sentAt);
      const answer = driver.extend({ key, token, ttl: longer });
      let reply: Awaited<typeof answer>;
      try {
        reply = await within(patience, answer, () => noAnswer(key, "extend", patience));
      } catch (error) {
        answer.then((late) => late === "held" && kept.extended(sentAt, longer)).catch(() => {});
        failure = error;
        throw isHeld() ? backendError(key, "extend", error) : ended();
      }
      if (reply === "held") kept.extended(sentAt, longer);
      else kept.lose("somebody else freed or took it", true);
      if (!isHeld()) throw ended();
    },
    async release() {
      if (state === "released") return;
      if (state !== "releasing" && !isHeld()) throw ended();
      releasing ??= release().finally(() => {
        releasing = undefined;
      });
      await releasing;
    },
    async [Symbol.asyncDispose]() {
      await lock.release().catch(warn);
    },
  };

  if (autoExtend || claimed) keeper.add(kept);
  return lock;
}
