import type { Lock, Locker, WholeOperation } from "@distlock/core";
import { isFailure, isObserved, observed, ownedBy, pending, within } from "@distlock/core/driver";
import { identityOf } from "../support/same-locker";
import { sessionOf } from "../support/session-key";

/** A lock that was taken for a turn, and how to release it at the turn's end. */
interface TurnOfLock {
  readonly lock: Lock;
  readonly release: () => Promise<void>;
}

/** Takes the lock of a turn. Observers see the whole turn, from here to the release. */
export async function observedTurn(
  locker: Locker,
  key: string,
  signal: AbortSignal | undefined,
  acquire: () => Promise<Lock>,
): Promise<TurnOfLock> {
  if (!isObserved("turn")) {
    const lock = await acquire();
    return { lock, release: () => lock.release() };
  }
  const turn: WholeOperation = { name: "turn", keys: [key], session: sessionOf(key) };
  const operation = ownedBy(identityOf(locker), turn);
  const taken = pending<TurnOfLock>();
  const over = pending<void>();

  async function whole(): Promise<void> {
    const lock = await acquire();
    const release = () => within(operation, () => lock.release()).finally(over.resolve);
    taken.resolve({ lock, release });
    await over.promise;
  }

  observed(operation, whole, (error) => isFailure(error, signal)).catch(taken.reject);
  return taken.promise;
}
