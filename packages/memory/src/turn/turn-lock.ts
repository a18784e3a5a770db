import type { Lock, LockLostError } from "@distlock/core";
import { type JoinedSignal, joinSignals } from "../support/join-signals";

/** As much of a lock as a turn uses. */
export type TurnLock = Pick<Lock, "key" | "fence" | "signal" | "isHeld">;

export interface BoundLock extends TurnLock {
  /** Ends it, even if the lock itself is still held. */
  lose(loss: LockLostError): void;
  /** Leaves no listener behind. The signal then aborts no more. */
  dispose(): void;
}

/** Returns the lock, which can now also be lost by a bound. `look` is called whenever somebody asks whether it was lost. */
export function boundLock(lock: TurnLock, look: () => void): BoundLock {
  let joined: JoinedSignal | undefined;
  let loss: LockLostError | undefined;
  return {
    key: lock.key,
    fence: lock.fence,
    get isHeld() {
      look();
      return loss === undefined && lock.isHeld;
    },
    get signal() {
      look();
      const { signal } = lock; // It looks at its own clock.
      if (!joined) {
        joined = joinSignals(signal);
        if (loss) joined.abort(loss);
      }
      return joined.signal;
    },
    lose(reason) {
      loss = reason;
      joined?.abort(reason);
    },
    dispose: () => joined?.dispose(),
  };
}
