-- The times of the scripts that grant, in ms, as text. The driver writes its values in place of the names in angle brackets:
-- see packages/core/src/redis/script-times.ts.
--   CLAIM      for how long a lock is handed over
--   WINDOW     for how long a sign of life counts
--   FENCE_TTL  for how long a fence is remembered at least
--   QUEUE_TTL  for how long a queue lives after the last sign of life
local CLAIM, WINDOW, FENCE_TTL, QUEUE_TTL = '<CLAIM>', '<WINDOW>', '<FENCE_TTL>', '<QUEUE_TTL>'
