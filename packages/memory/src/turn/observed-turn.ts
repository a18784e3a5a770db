import type { Lock, WholeOperation } from "@distlock/core";
import { isFailure, isObserved, observed, within } from "@distlock/core/driver";
import { sessionOf } from "../support/session-key";

/** A lock that was taken for a turn, and how to release it at the turn's end. */
interface TurnOfLock {
  readonly lock: Lock;
  readonly release: () => Promise<void>;
}

/** Takes the lock of a turn. Observers see the whole turn, from here to the release. */
export async function observedTurn(
  key: string,
  signal: AbortSignal | undefined,
  acquire: () => Promise<Lock>,
): Promise<TurnOfLock> {
  if (!isObserved("turn")) {
    const lock = await acquire();
    return { lock, release: () => lock.release() };
  }
  const operation: WholeOperation = { name: "turn", keys: [key], session: sessionOf(key) };
  return new Promise((resolve, reject) => {
    const whole = async (): Promise<void> => {
      const lock = await acquire();
      await new Promise<void>((over) => {
        const release = () => within(operation, () => lock.release()).finally(over);
        resolve({ lock, release });
      });
    };
    observed(operation, whole, (error) => isFailure(error, signal)).catch(reject);
  });
}
