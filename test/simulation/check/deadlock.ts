import type { Check } from "../../faults/check/digest";

/** No two calls wait for each other. */
export const deadlock: Check = function* ({ of }) {
  for (const { keys } of of("deadlocked")) yield `the holder of ${keys.join(" waits for ")} waits for ${keys[0]}`;
};
