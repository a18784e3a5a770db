/** The times of packages/core/src/driver/times.ts, a tenth of each, so that a run is short. */
export const HEARTBEAT = 120;
export const WINDOW = 300;
export const CLAIM = 300;
