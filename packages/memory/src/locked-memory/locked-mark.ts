import type { Locker } from "@distlock/core";

/** The locker and the key of a locked memory, or of the memories of many sessions, each with a key of its own. */
export interface LockedBy {
  readonly locker: Locker;
  readonly key?: string;
}

const mark = Symbol.for("distlock.lockedMemory");

/** The mark is not enumerable: a copy of the methods of a locked memory does not have it. */
export const markLocked = <T extends object>(locked: T, by: LockedBy): T =>
  Object.defineProperty(locked, mark, { value: by });

/** Whether `LockedMemory` of this package, or of another copy of it, has made the value. */
export const isLocked = (value: unknown): boolean => typeof value === "object" && value !== null && mark in value;

/** The locker and the key of a memory, if it is locked. */
export function lockOf(memory: object): Required<LockedBy> | undefined {
  const by = (memory as { [mark]?: LockedBy })[mark];
  return by?.key === undefined ? undefined : { locker: by.locker, key: by.key };
}
