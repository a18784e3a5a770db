import type { Lock, Locker, WholeOperation } from "@distlock/core";
import { begin, isFailure, isObserved, within } from "@distlock/core/driver";
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
  const operation: WholeOperation = { name: "turn", keys: [key], session: sessionOf(key) };
  const { run, end } = begin(operation, identityOf(locker));

  async function releaseAndEnd(lock: Lock): Promise<void> {
    try {
      await within(operation, () => lock.release());
      end();
    } catch (error) {
      end({ error });
      throw error;
    }
  }

  try {
    const lock = await run(acquire);
    return { lock, release: () => releaseAndEnd(lock) };
  } catch (error) {
    end(isFailure(error, signal) ? { error } : undefined);
    throw error;
  }
}
