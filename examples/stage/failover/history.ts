import type { Library } from "../library";
import type { Turn } from "./recorder";

/** All that happened in a play. Times are ms of `monotonic()`. */
export interface History {
  readonly library: Library;
  readonly workers: readonly string[];
  readonly began: number;
  readonly ended: number;
  readonly turns: readonly Turn[];
  /** Absent if the play killed no server. */
  readonly failover?: {
    readonly killed: number;
    /** The other servers had agreed on a new primary. */
    readonly replaced: number;
    /** A lock of the new primary was granted again. */
    readonly recovered: number;
  };
}

/** A turn that had the lock. */
export type Held = Turn & { readonly granted: number; readonly fence: number };

/** The turns that had the lock of this name, in the order in which they had it. */
export const heldOf = ({ turns }: History, lock: string): Held[] =>
  turns
    .filter((turn): turn is Held => turn.lock === lock && turn.granted !== undefined)
    .sort((a, b) => a.granted - b.granted);

/** When a holder learned that it had lost the lock: from the lock, or from the store that refused its write. */
export const learnedAt = ({ lost, refused, ended, settled }: Turn): number | undefined =>
  lost ?? (refused > 0 ? (ended ?? settled) : undefined);

/** Until when a worker believed that it held the lock. */
export const believedUntil = (turn: Turn, { ended }: History): number =>
  Math.min(turn.ended ?? ended, turn.lost ?? ended);
