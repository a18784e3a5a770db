/** The times of packages/core/src/driver/times.ts, the first three a tenth of each, so that a run is short. */
export const HEARTBEAT = 120;
export const WINDOW = 300;
export const CLAIM = 300;
export const TOMBSTONE = 60_000;
export const FENCE_TTL = 86_400_000;
