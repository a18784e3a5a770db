import type { Check } from "./digest";

/** In the end nothing is held, queued, or kept indefinitely. */
export const leftovers: Check = function* ({ of }) {
  for (const { names } of of("left")) for (const name of names) yield `${name} was left behind`;
};
