import type { Check } from "../../faults/check/digest";

/** After the faults, no waiter stays without a place in its queue for longer than it takes to learn so. */
export const stranded: Check = function* ({ of }) {
  for (const { worker, id, key, at } of of("stranded"))
    yield `${worker} waited for ${key} at ${at.toFixed(0)} without a place in its queue (${id})`;
};
