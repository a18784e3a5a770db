import type { Check } from "./digest";

/**
 * Fences rise strictly in the order of the grants. Where Redis lost a lock, two can be held at once, and only one that ended
 * its wait before another began it is known to be the earlier.
 */
export const fences: Check = function* ({ byKey }) {
  for (const [key, holdings] of byKey) {
    const known = holdings.filter(({ remaining }) => remaining > 0);
    for (const [i, earlier] of known.entries()) {
      for (const later of known.slice(i + 1)) {
        const inOrder = earlier.at < later.calledAt || !(earlier.robbed || later.robbed);
        if (inOrder && later.fence <= earlier.fence)
          yield `the fence ${later.fence} of ${key} was granted after ${earlier.fence} (${earlier.id}, ${later.id})`;
      }
    }
  }
};
