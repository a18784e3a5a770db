import type { Check } from "../../faults/check/digest";

/** When all is well, nobody waits who is in no queue, for longer than it takes to learn that. */
export const stranded: Check = function* ({ of }) {
  for (const { worker, id, key, at } of of("stranded"))
    yield `${worker} waited for ${key} at ${at.toFixed(0)} without a place in its queue (${id})`;
};
