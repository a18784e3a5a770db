import type { Holding } from "./digest";

/** The locks of each call: several, if it asked for several keys. */
export function callsOf(holdings: ReadonlyMap<string, Holding>): (readonly [Holding, ...Holding[]])[] {
  const calls = new Map<string, [Holding, ...Holding[]]>();
  for (const holding of holdings.values()) {
    const name = `${holding.worker} ${holding.call}`;
    const parts = calls.get(name);
    if (parts) parts.push(holding);
    else calls.set(name, [holding]);
  }
  return [...calls.values()];
}
