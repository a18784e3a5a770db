// Tested by packages/core/test/observe.test.ts

import { clock } from "../../driver/clock";
import { LockError, LockNotAcquiredError } from "../../driver/errors";
import { now } from "../../driver/lease";
import { isFailure, isObserved, noteOutcome, observed } from "../../driver/observe/observed";
import type { AcquireOperation, Open } from "../../driver/observe/operation";
import type { Party } from "../../driver/party";
import type { ResolvedOptions } from "../options";

/** A call for a lock. */
interface Asked {
  readonly call: AcquireOperation["call"];
  readonly keys: readonly string[];
  readonly options: Pick<ResolvedOptions, "ttl" | "timeout" | "wait" | "label" | "signal">;
  /** Whether it is asked for once, without waiting. */
  readonly once: boolean;
  /** The identity of the locker. */
  readonly owner: object;
}

/** As much of a grant as those who look see. */
interface Granted {
  readonly fences: readonly number[];
  readonly claimed: boolean;
}

/**
 * Asks for a lock, as those who look see it. The work passes on what it learns: how often it asked, and how many waiters were
 * ahead.
 */
export function observedAcquire<T extends { readonly grant: Granted }>(
  asked: Asked,
  work: (operation?: Open<AcquireOperation>) => Promise<T>,
): Promise<T> {
  if (!isObserved("acquire")) return work();
  const { call, keys, once, owner } = asked;
  const { ttl, timeout, wait, label } = asked.options;
  const operation: Open<AcquireOperation> = {
    name: "acquire",
    call,
    keys,
    ttl,
    timeout: once ? 0 : timeout,
    wait: once ? "once" : wait,
    label,
  };
  const since = now();
  return observed(operation, () => work(operation), {
    owner,
    done({ grant }) {
      operation.outcome = "granted";
      operation.fences = grant.fences;
      operation.handedOver = grant.claimed;
      operation.waited = now() - since;
    },
    failed(error) {
      operation.outcome = outcomeOf(error, asked);
      operation.handedOver = false;
      operation.waited = now() - since;
      if (LockNotAcquiredError.is(error)) operation.holder = holderIn(error);
      if (operation.outcome === "busy") noteOutcome(error as Error);
      return isFailure(error, asked.options.signal);
    },
  });
}

function outcomeOf(error: unknown, { once, options }: Asked): NonNullable<AcquireOperation["outcome"]> {
  if (options.signal?.aborted && error === options.signal.reason) return "aborted";
  if (LockNotAcquiredError.is(error)) return once || error.maxAhead !== undefined ? "busy" : "timeout";
  return LockError.is(error) && error.code === "LOCKER_CLOSED" ? "closed" : "failed";
}

function holderIn({ holder, age }: LockNotAcquiredError): Party | undefined {
  if (holder === undefined || age === undefined) return holder;
  return { ...holder, since: Math.round(clock.origin + now() - age) };
}
