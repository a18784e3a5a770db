import type { Check } from "./digest";

/** Nobody believes that it holds a key at a time at which somebody else does, unless Redis lost the one or the other. */
export const exclusion: Check = function* ({ byKey }) {
  for (const [key, holdings] of byKey) {
    const surely = holdings.filter(({ remaining, robbed }) => remaining > 0 && !robbed);
    for (const [i, one] of surely.entries()) {
      for (const other of surely.slice(i + 1)) {
        if (other.at > one.believedUntil) break;
        const seconds = ((Math.min(one.believedUntil, other.believedUntil) - other.at) / 1_000).toFixed(3);
        yield `${one.worker} and ${other.worker} both held ${key} for ${seconds} s at least (${one.id}, ${other.id})`;
      }
    }
  }
};
