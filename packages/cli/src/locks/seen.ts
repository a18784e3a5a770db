import type { Inspection } from "@distlock/core";

/** A lock as it was when we looked. `--json` prints it with these names. */
export interface Seen extends Inspection {
  readonly key: string;
  /** When that was, by the server's clock: ms since 1970. */
  readonly now: number;
  /** When the lock was last granted, as far as Redis remembers. `null` if it does not. */
  readonly granted: number | null;
}

export const seenAt = (now: number, key: string, found: Inspection): Seen => ({
  key,
  now: Math.round(now),
  granted: found.fence > 0 ? Math.floor(found.fence / 1_000) : null,
  ...found,
});

/** Whether the holder's token is not one of a locker. Nothing is known of such a hold but the end of its lease. */
export const isForeign = ({ holder }: Seen): boolean => holder !== null && holder.since === undefined;

/** Since when is never ahead of now, unless the server's clock was set back. */
const before = (now: number, since: number | null | undefined): number | undefined =>
  since === undefined || since === null ? undefined : Math.max(now - since, 0);

/** For how many ms the lock has been held. */
export const age = ({ now, holder }: Seen): number | undefined => before(now, holder?.since);

/** For how many ms its first waiter has waited. */
export const oldestWait = ({ now, waiters }: Seen): number | undefined => before(now, waiters[0]?.since);

/** Compares by the longest hold. Two looks at different times do not change the order, as ages would. */
export const byHold = (a: Seen, b: Seen): number =>
  // Fences are finer than ms.
  earlier(a.holder?.since, b.holder?.since) || a.fence - b.fence;

/** Compares by the longest wait. */
export const byWait = (a: Seen, b: Seen): number => earlier(a.waiters[0]?.since, b.waiters[0]?.since);

/** Compares by the key, so that locks that are equal otherwise do not change places. */
export const byKey = (a: Seen, b: Seen): number => (a.key < b.key ? -1 : Number(a.key > b.key));

/** The earlier one first, one that is not known last. */
function earlier(a: number | undefined, b: number | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return a - b;
}

/** How many ms ago it was last granted. */
export const sinceGrant = ({ now, granted }: Seen): number | undefined => before(now, granted);
