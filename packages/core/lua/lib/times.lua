-- The first three arguments of the scripts that grant. Their values are those of packages/core/src/driver/times.ts.
--   1 claim: for how many ms a lock is handed over
--   2 window: for how many ms a sign of life counts
--   3 for how many ms a fence is remembered at least
-- A queue lives for two windows after the last sign of life.
local CLAIM, WINDOW, FENCE_TTL, QUEUE_TTL = ARGV[1], tonumber(ARGV[2]), ARGV[3], 2 * ARGV[2]
