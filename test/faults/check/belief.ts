import type { Check } from "./digest";

/** Clocks of two processes are one; this is for the rounding of Redis. */
const ROUNDING = 2;

/**
 * Nobody says `isHeld` when the lease is over on the server: not after the last lease that an answer can vouch for, and not
 * when Redis was seen to hold something else meanwhile. So nothing but the holder's token is in a key that is held.
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
      const other = seen.find(
        (sample) => sample.from > at && sample.at < believedUntil && (sample.keys[key]?.id ?? null) !== id,
      );
      if (other)
        yield `${worker} said that it held ${key}, while it was ${other.keys[key]?.id ? "another's" : "free"} (${id})`;
    }
  }
};
