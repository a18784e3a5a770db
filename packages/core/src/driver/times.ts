// Tested by test/model/leases.test.ts, test/model/waiters.test.ts
/*
 * How waiters stay alive, in ms. An interval plus one command fits into the claim less its margin, so that a heartbeat
 * keeps a granted lock until its waiter has noticed; the window is longer than two intervals, so that one may be lost.
 */

/** Between two heartbeats of one process for one key. */
export const HEARTBEAT = 1_200;
/** For how long after its last sign a process's waiters count as alive. */
export const WINDOW = 3_000;
/** For how long a lock is handed over to a waiter. */
export const CLAIM = 3_000;
