import type { Lock, LockLostError } from "@distlock/core";
import { type JoinedSignal, joinSignals } from "./join-signals";

/** As much of a lock as a turn uses. */
export type TurnLock = Pick<Lock, "key" | "fence" | "signal" | "isHeld">;

export interface BoundLock extends TurnLock {
  /** Ends it, whatever the lock itself says. */
  lose(loss: LockLostError): void;
  /** Leaves no listener behind. The signal then aborts no more. */
  dispose(): void;
}

/** The same lock, which can also be lost otherwise. `look` is called whenever somebody asks whether it was. */
export function boundLock(lock: TurnLock, look: () => void): BoundLock {
  const own = new AbortController();
  let joined: JoinedSignal | undefined;
  return {
    key: lock.key,
    fence: lock.fence,
    get isHeld() {
      look();
      return !own.signal.aborted && lock.isHeld;
    },
    get signal() {
      look();
      const { signal } = lock; // looks at its own clock
      joined ??= joinSignals(own.signal, signal);
      return joined.signal;
    },
    lose: (loss) => own.abort(loss),
    dispose: () => joined?.dispose(),
  };
}
