// Tested by packages/core/test/locker.test.ts, packages/core/test/nesting.test.ts, test/holding/hand-over.test.ts
import { LockNotAcquiredError } from "../driver/errors";
import { now } from "../driver/lease";
import { linkOf } from "../driver/observe/link";
import type { AcquireOperation, Open } from "../driver/observe/operation";
import { acquireLock } from "./acquire/acquire";
import type { AcquireTools } from "./acquire/acquire-tools";
import { oneAttempt } from "./acquire/retry";
import type { Grant } from "./grant";
import { HeldLock } from "./hold/held-lock";
import type { HoldTools } from "./hold/hold-tools";
import { isHeldAfterSending } from "./hold/lock-calls";
import { isNested, NESTED } from "./nesting";
import type { ResolvedOptions } from "./options";

export interface TakenLock {
  readonly grant: Grant;
  /** One for each key. */
  readonly held: readonly HeldLock[];
}

interface TakeTools {
  readonly acquireTools: AcquireTools;
  readonly holdTools: HoldTools;
  /** Throws if the locker is closed. */
  readonly assertOpen: (key: string) => void;
}

/** Takes the lock of the keys, which are in lock order; with `once`, without waiting. */
export async function takeLock(
  keys: readonly string[],
  asked: ResolvedOptions,
  once: boolean,
  { acquireTools, holdTools, assertOpen }: TakeTools,
  operation?: Open<AcquireOperation>,
): Promise<TakenLock> {
  const link = operation && linkOf(operation);
  const own = link === undefined ? asked : { ...asked, link };
  let how = once ? oneAttempt(own) : own;
  const until = now() + how.timeout;
  const nested = !once && isNested(acquireTools.driver, keys);
  for (;;) {
    const grant = await acquireLock(keys, how, acquireTools, operation).catch((error: unknown) => {
      throw explained(error, how, nested, holdTools);
    });
    const held = keys.map((each, i) => new HeldLock(each, grant.fences[i]!, grant, asked, holdTools));
    if (!grant.claimed || (await isHeldAfterSending(held[0]!))) return { grant, held };
    // The caller has not seen the lock yet, so it waits for another one.
    assertOpen(keys[0]!);
    const left = until - now();
    how = left > 0 ? { ...own, timeout: left } : oneAttempt(own);
  }
}

/** Adds to an error of contention whether the holder is another call of this locker. */
function explained(error: unknown, { wait }: ResolvedOptions, nested: boolean, { monitor }: HoldTools): unknown {
  if (!LockNotAcquiredError.is(error)) return error;
  const { key, attempts, waited, holder, age, remaining, ahead, maxAhead } = error;
  const by = monitor.holds(key) ? "another call of this locker" : undefined;
  const refusal = { attempts, waited, queued: wait === "queue", holder, age, remaining, ahead, maxAhead, by };
  return new LockNotAcquiredError(key, refusal, nested ? NESTED : undefined);
}
