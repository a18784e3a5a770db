// Tested by packages/core/test/observe.test.ts
import type { LockLostError } from "../../driver/errors";
import { now } from "../../driver/lease";
import { isReported, report } from "../../driver/observe/facts";
import { begin, isObserved } from "../../driver/observe/observed";
import type { HoldOperation, LostFact, Open } from "../../driver/observe/operation";
import { within } from "../../driver/observe/through";
import { CLAIM_ENDED, FORCED_OUT, type LossCause, MAX_HOLD_REACHED, TAKEN } from "./loss";

type HoldEnd = NonNullable<HoldOperation["end"]>;

/** Follows a hold for those who look. */
export interface HoldWatch {
  /** A part was released. The hold ends with the last one. */
  partEnded(how: HoldEnd): void;
  /** A part was lost, and the lock with it. */
  lost(how: HoldEnd, error: LockLostError): void;
}

/** A part of a lock: the lock of one key. */
interface Part {
  readonly key: string;
  readonly fence: number;
  /** Reports the end of the part, and the end of its lease by itself. */
  watchedBy(watch: HoldWatch): void;
}

interface Holder {
  /** The identity of the locker. */
  readonly owner?: object | undefined;
  readonly label?: string | undefined;
}

const operations = new WeakMap<object, HoldOperation>();

/**
 * A hold begins, and with it the work for its holder, which runs in its context. Returns what the work returns. `lock` is what
 * the holder has: see `withinHold`.
 */
export function beginHold<T>(lock: object, parts: readonly Part[], { owner, label }: Holder, work: () => T): T {
  if (!isObserved("hold") && !isReported("lost")) return work();
  const operation: Open<HoldOperation> = {
    name: "hold",
    keys: parts.map(({ key }) => key),
    fences: parts.map(({ fence }) => fence),
    label,
  };
  operations.set(lock, operation);
  const since = now();
  const running = begin(operation, owner);
  function finish(how: HoldEnd, error?: LockLostError): void {
    if (operation.end) return;
    operation.end = how;
    operation.held = now() - since;
    running.end(error && { error });
  }
  let left = parts.length;
  const watch: HoldWatch = {
    partEnded(how) {
      if (--left === 0) finish(how);
    },
    lost: finish,
  };
  for (const part of parts) part.watchedBy(watch);
  return running.run(work);
}

/** Does work for the holder of a lock in the context of its hold, as `withLock` does. */
export function withinHold<T>(lock: object, work: () => T): T {
  const operation = operations.get(lock);
  return operation ? within(operation, work) : work();
}

const REASONS: Readonly<Record<string, LostFact["reason"]>> = {
  [TAKEN]: "taken",
  [FORCED_OUT]: "forced",
  [MAX_HOLD_REACHED]: "max_hold",
  [CLAIM_ENDED]: "interrupted",
};

/** What `reportLoss` needs of a lost lock. */
interface LostPart extends Part {
  readonly watch: HoldWatch | undefined;
  readonly deadline: number;
  readonly heldSince: number;
}

/** Reports a loss to those who look. */
export function reportLoss(
  { key, fence, watch, deadline, heldSince }: LostPart,
  cause: LossCause,
  error: LockLostError,
): void {
  const reason = REASONS[cause] ?? "expired";
  const time = now();
  const isByServer = reason === "taken" || reason === "forced";
  if (isReported("lost")) {
    const lateBy = isByServer ? 0 : Math.max(0, time - deadline);
    report({ name: "lost", key, fence, reason, heldFor: time - heldSince, lateBy, error });
  }
  watch?.lost(reason === "taken" ? "lost" : reason === "forced" ? "forced" : "expired", error);
}
