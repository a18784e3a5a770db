import type { Check } from "../../faults/check/digest";

/** In no moment does a process believe that it holds a key which is another's, or free, unless the server lost the lock. */
export const doubt: Check = function* ({ of, holdings }) {
  const told = new Set<string>();
  for (const { id, key, worker, other, at } of of("doubted")) {
    if (holdings.get(id)?.robbed !== false || told.has(id)) continue;
    told.add(id);
    yield `${worker} believed that it held ${key} at ${at.toFixed(1)}, which was ${other ?? "free"} (${id})`;
  }
};
