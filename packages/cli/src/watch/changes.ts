import { isForeign, type Seen } from "../locks/seen";

/**
 * What happened to a lock between two looks. `held` is what the first look finds. `ended` may be a release or the end of a lease: between
 * the looks there was time for both.
 */
export type ChangeEvent = "held" | "granted" | "handed-over" | "released" | "ended";

export interface Change {
  readonly event: ChangeEvent;
  /** The lock as it is now; of a hold that is over, as it was at the look before. */
  readonly seen: Seen;
  /** When we saw it, by the server's clock: ms since 1970. */
  readonly time: number;
}

export type Locks = ReadonlyMap<string, Seen>;

const isSameHold = (a: Seen, b: Seen): boolean =>
  isForeign(a) === isForeign(b) && (isForeign(a) || a.fence === b.fence);

/** How many ms were between two looks. */
export interface Elapsed {
  /** From the end of the first to the end of the second. */
  readonly usual: number;
  /** From the begin of the first, so that no key was looked at earlier. */
  readonly longest: number;
}

/** The end of a hold. It is only a release for sure if there was not enough time for its lease to run out. */
const endOf = (before: Seen, time: number, { longest }: Elapsed): Change => ({
  event: longest < before.remaining ? "released" : "ended",
  seen: before,
  time,
});

function changesOf(before: Seen | undefined, after: Seen | undefined, elapsed: Elapsed): Change[] {
  const time = after?.now ?? before!.now + elapsed.usual;
  const wasHeld = before?.held === true;
  const isHeld = after?.held === true;
  if (wasHeld && isHeld && isSameHold(before, after)) return [];
  if (wasHeld && isHeld && before.waiting > 0) return [{ event: "handed-over", seen: after, time }];
  return [
    ...(wasHeld ? [endOf(before, time, elapsed)] : []),
    ...(isHeld ? [{ event: "granted" as const, seen: after, time }] : []),
  ];
}

/** The changes between two looks. */
export function changesBetween(before: Locks, after: Locks, elapsed: Elapsed): Change[] {
  const ended = [...before.values()].filter(({ key }) => !after.has(key));
  return [
    ...ended.flatMap((seen) => changesOf(seen, undefined, elapsed)),
    ...[...after.values()].flatMap((seen) => changesOf(before.get(seen.key), seen, elapsed)),
  ];
}

/** What the first look finds. */
export const firstChanges = (locks: Locks): Change[] =>
  [...locks.values()].filter(({ held }) => held).map((seen) => ({ event: "held", seen, time: seen.now }));
