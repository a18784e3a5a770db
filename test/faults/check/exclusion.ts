import type { Check } from "./digest";

/** No two workers believe that they hold one key at the same time, unless Redis lost one of the locks. */
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
