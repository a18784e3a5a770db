import type { StoreEntry } from "../event";
import { type Check, group } from "./digest";

const nameOf = ({ id, fence, state }: StoreEntry) => `${id} ${fence} ${state}`;

/** The store never took a fence below one that it took, lost no write that it took, and is what these writes make. */
export const stored: Check = function* ({ of, holdings }) {
  const writes = group(of("wrote"), ({ key }) => key);
  for (const { key, log, state } of of("store")) {
    const names = new Set(log.map(nameOf));
    for (const [i, entry] of log.entries()) {
      const last = log[i - 1];
      if (last && entry.fence < last.fence)
        yield `the store of ${key} took the fence ${entry.fence} after ${last.fence}`;
      if (entry.state !== (last?.state ?? 0) + 1)
        yield `a write of ${key} was lost: ${entry.id} made ${entry.state} of ${last?.state ?? 0}`;
    }
    if (state !== (log.at(-1)?.state ?? 0))
      yield `the store of ${key} is ${state}, its writes make ${log.at(-1)?.state}`;
    for (const wrote of writes.get(key) ?? []) {
      if (wrote.taken && !names.has(nameOf(wrote))) yield `the store of ${key} lost the write ${nameOf(wrote)}`;
    }
  }
  for (const { at, key, id, taken } of of("wrote")) {
    const holding = holdings.get(id);
    if (holding && !taken && !holding.robbed && holding.believedUntil > at)
      yield `the store of ${key} refused ${holding.worker}, which held it all the same (${id})`;
  }
};
