import type { Check } from "../../faults/check/digest";

/** A process never believes that it holds a key that is free, or that another token holds, unless the server lost the lock. */
export const doubt: Check = function* ({ of, holdings }) {
  const told = new Set<string>();
  for (const { id, key, worker, other, at } of of("doubted")) {
    if (holdings.get(id)?.robbed !== false || told.has(id)) continue;
    told.add(id);
    yield `${worker} believed that it held ${key} at ${at.toFixed(1)}, when its holder was ${other ?? "nobody"} (${id})`;
  }
};
