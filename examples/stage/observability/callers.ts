/** The work that a caller does under its lock: for so many ms, until its lease was extended once, or until the lock is lost. */
export type WorkUntil = number | "extended" | "lost";

/** A caller of the load, in each worker. */
export interface Caller {
  readonly name: string;
  /** The name of the lock that it wants. */
  readonly lock: string;
  readonly until: WorkUntil;
  /** Calls `tryAcquire`, which does not wait. */
  readonly tries?: boolean;
  /** Longest wait, in ms. */
  readonly timeout?: number;
  readonly ttl?: number;
  readonly autoExtend?: boolean;
  /** Each worker has a lock of its own of this name. */
  readonly own?: boolean;
  /** Calls once in a play; other callers call again and again. */
  readonly once?: boolean;
  /** Something that is not a lock is at its key, so that its calls fail. */
  readonly broken?: boolean;
}

/** Longer than any play takes, in ms. */
const PATIENCE = 60_000;

export const callers: readonly Caller[] = [
  { name: "orders-1", lock: "orders", until: 8, timeout: PATIENCE },
  { name: "orders-2", lock: "orders", until: 8, timeout: PATIENCE },
  { name: "stock-1", lock: "stock", until: 12, timeout: PATIENCE },
  { name: "stock-2, tries", lock: "stock", until: 4, tries: true },
  { name: "report-1", lock: "report", until: 24, timeout: PATIENCE },
  { name: "report-2, hurries", lock: "report", until: 24, timeout: 30 },
  { name: "backup, long", lock: "backup", until: "extended", timeout: PATIENCE, ttl: 1_500, once: true },
  {
    name: "import, loses",
    lock: "import",
    own: true,
    until: "lost",
    ttl: 200,
    autoExtend: false,
    once: true,
  },
  { name: "stray, fails", lock: "stray", until: 0, broken: true, once: true },
];

/** How often a caller calls in a play. */
export const callsOf = ({ once }: Caller, rounds: number): number => (once ? 1 : rounds);

/** The calls of one worker in a play. */
export const callsOfAll = (rounds: number): number => callers.reduce((sum, caller) => sum + callsOf(caller, rounds), 0);
