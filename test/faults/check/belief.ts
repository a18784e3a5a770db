import type { Check } from "./digest";

/** All processes share one clock. This allows for the rounding of Redis, in ms. */
const ROUNDING = 2;

/** The place of the first sample that was taken after a time. */
function firstAfter(samples: readonly { readonly at: number }[], time: number): number {
  let [from, to] = [0, samples.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (samples[middle]!.at <= time) from = middle + 1;
    else to = middle;
  }
  return from;
}

/**
 * `isHeld` is never true when the lease is over on the server: not after the end of the last lease that a reply can vouch for, and
 * not while Redis has another token in the key, or none.
 */
export const belief: Check = function* ({ of, holdings, byKey }) {
  for (const holding of holdings.values()) {
    for (const look of [holding.at, ...holding.looks]) {
      if (look === holding.at && holding.remaining === 0) continue;
      const over = look - holding.boundAt(look);
      if (over > ROUNDING) {
        yield `${holding.worker} said that it held ${holding.key} ${over.toFixed(0)} ms after its lease ended (${holding.id})`;
        break;
      }
    }
  }
  const seen = of("seen");
  for (const [key, all] of byKey) {
    const surely = all.filter(({ robbed }) => !robbed);
    for (const { id, worker, at, believedUntil } of surely) {
      for (let i = firstAfter(seen, at); i < seen.length && seen[i]!.at < believedUntil; i++) {
        const found = seen[i]!.keys[key]?.id ?? null;
        if (found === id || seen[i]!.from <= at) continue;
        yield `${worker} said that it held ${key}, while it was ${found === null ? "free" : "another's"} (${id})`;
        break;
      }
    }
  }
};
