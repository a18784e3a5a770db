/** A ttl that is longer than a failover takes: its holder keeps the lock, provided that the new primary knows the grant. */
const LONG = 15_000;
/** A ttl that is shorter than any failover here: its holder learns in time that it has lost the lock. */
const SHORT = 1_000;

/** A lock of the play. All workers want all of them, again and again. */
export interface PlayedLock {
  readonly name: string;
  readonly ttl: number;
  /** For how long it is held each time, in ms. */
  readonly hold: number;
  /** Whether the first holder keeps it until the failover is over, by auto-extension. */
  readonly keeps: boolean;
  /** Which third of a Cluster's slots it is in: the primary of the first one is killed. */
  readonly third: 0 | 1;
}

export const locks: readonly PlayedLock[] = [
  { name: "orders", ttl: LONG, hold: 150, keeps: false, third: 0 },
  { name: "report", ttl: LONG, hold: 250, keeps: true, third: 0 },
  { name: "session", ttl: SHORT, hold: 250, keeps: true, third: 0 },
  { name: "stock", ttl: LONG, hold: 150, keeps: false, third: 1 },
];
