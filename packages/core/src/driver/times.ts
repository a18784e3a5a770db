// Tested by test/model/leases.test.ts, test/model/waiters.test.ts
/*
 * The times of the protocol, in ms. Drivers and lockers have them in common, and scripts have them in their text. An interval
 * plus one command fits into the claim less its margin, so that a heartbeat keeps a granted lock until its waiter has
 * noticed; the window is longer than two intervals, so that one heartbeat may be lost.
 */

/** Between two heartbeats of one process for one key, on average. */
export const HEARTBEAT = 1_200;
/** For how long after its last sign of life a process's waiters count as alive. A queue lives for two windows after it. */
export const WINDOW = 3_000;
/** For how long a lock is handed over to a waiter. */
export const CLAIM = 3_000;
/** For how long a token that was given up is refused: no shorter than its release is repeated. */
export const TOMBSTONE = 60_000;
/** For how long the last fence of a key is remembered, unless the lease is longer: the default of `fenceTtl`. */
export const FENCE_TTL = 86_400_000;
