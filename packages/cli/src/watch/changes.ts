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

/** The end of a hold. Its lease can only have run out if there was as much time as it had left. */
const endOf = (before: Seen, time: number): Change => ({
  event: time - before.now < before.remaining ? "released" : "ended",
  seen: before,
  time,
});

function changesOf(before: Seen | undefined, after: Seen | undefined, now: number): Change[] {
  const time = after?.now ?? now;
  const wasHeld = before?.held === true;
  const isHeld = after?.held === true;
  if (wasHeld && isHeld && isSameHold(before, after)) return [];
  if (wasHeld && isHeld && before.waiting > 0) return [{ event: "handed-over", seen: after, time }];
  return [
    ...(wasHeld ? [endOf(before, time)] : []),
    ...(isHeld ? [{ event: "granted" as const, seen: after, time }] : []),
  ];
}

/** The changes between two looks. `elapsed` is how many ms were between them. */
export function changesBetween(before: Locks, after: Locks, elapsed: number): Change[] {
  const ended = [...before.values()].filter(({ key }) => !after.has(key));
  return [
    ...ended.flatMap((seen) => changesOf(seen, undefined, seen.now + elapsed)),
    ...[...after.values()].flatMap((seen) => changesOf(before.get(seen.key), seen, seen.now)),
  ];
}

/** What the first look finds. */
export const firstChanges = (locks: Locks): Change[] =>
  [...locks.values()].filter(({ held }) => held).map((seen) => ({ event: "held", seen, time: seen.now }));
