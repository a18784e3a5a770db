import type { Digest, Kind } from "../../faults/check/digest";
import type { FaultName } from "../faults/catalog";

/** Faults after which the network and the server work as they should. */
const harmless: ReadonlySet<string> = new Set<FaultName>([
  "callers give up",
  "false message",
  "fence is evicted",
  "late expiry",
  "listener is cut",
  "listener is forgotten",
  "locker closes",
  "process crashes",
  "released token is evicted",
  "wall clock goes back",
]);

/** From when on commands and messages arrive soon: from the beginning if no fault disturbed them, otherwise after the faults. */
export function calmSince({ of }: Digest): number {
  const isDisturbed = of("fault").some(({ name }) => !harmless.has(name.slice(0, name.lastIndexOf(" ("))));
  return isDisturbed ? (of("healed")[0]?.at ?? Number.POSITIVE_INFINITY) : 0;
}

/** Returns whether a process stood still at some time between these two. */
export function stallsOf({ of }: Digest): (worker: string, from: number, to: number) => boolean {
  const stalls = new Map<string, Kind<"stalled">[]>();
  for (const one of of("stalled")) stalls.set(one.worker, [...(stalls.get(one.worker) ?? []), one]);
  return (worker, from, to) => (stalls.get(worker) ?? []).some((one) => one.from <= to && one.at >= from);
}

/** The token of an id: it is the same for all keys of a lock. */
export const tokenOf = (id: string): string => id.slice(0, id.lastIndexOf("@"));

/** Returns whether the token wants several keys. */
export function severalOf({ of }: Digest): (id: string) => boolean {
  const counts = new Map<string, number>();
  for (const { id } of of("asks")) counts.set(tokenOf(id), (counts.get(tokenOf(id)) ?? 0) + 1);
  return (id) => (counts.get(tokenOf(id)) ?? 0) > 1;
}
