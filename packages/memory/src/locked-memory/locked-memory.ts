import type { Locker } from "@distlock/core";
import type { Memory } from "../store/memory";
import type { VariableMemory } from "../store/variable-memory";
import { assertLocker } from "../support/assert-locker";
import type { Session } from "../support/session-key";
import type { Extras, TurnOf } from "../turn/turn";
import type { Turns } from "../turn/turns";
import { type AnyMemory, assertMemory, lockMemory } from "./lock-memory";
import { isLocked, markLocked } from "./locked-mark";
import {
  type LockedMemoryOptions,
  type LockedSessionsOptions,
  resolveLockedMemoryOptions,
  resolveLockedSessionsOptions,
} from "./locked-memory-options";

/** The `LockedMemory` of a memory `T`: of the same generation as `T`, or of both. A `Memory` also has turns. */
export type LockedMemory<T extends AnyMemory = Memory> = (T extends Memory<infer M, infer W>
  ? Memory<M, W> & Turns<TurnOf<T>> & Extras<T>
  : unknown) &
  (T extends VariableMemory ? VariableMemory : unknown);

/** The `LockedMemory` of many sessions. */
export interface LockedSessions<T extends AnyMemory, S extends Session = Session> {
  /** The session's memory, made anew and locked. Throws `TypeError` or `RangeError` for a session that has no key. */
  for(session: S): LockedMemory<T>;
}

type OneMemory = readonly [memory: AnyMemory, locker: Locker, options: LockedMemoryOptions];
type ManySessions = readonly [create: (session: Session) => AnyMemory, locker: Locker, options?: LockedSessionsOptions];

function createLockedMemory(...[memory, locker, options]: OneMemory): object {
  assertMemory(memory);
  assertLocker("LockedMemory", locker);
  const { key, lockOptions } = resolveLockedMemoryOptions(options);
  return lockMemory(memory, locker, key, lockOptions);
}

function createLockedSessions(...[create, locker, options]: ManySessions): object {
  assertLocker("LockedMemory", locker);
  const { keyOf, lockOptions } = resolveLockedSessionsOptions(options);
  const sessions = {
    for(session: Session): object {
      const key = keyOf(session);
      const memory = create(session);
      assertMemory(memory);
      return lockMemory(memory, locker, key, lockOptions);
    },
  };
  return markLocked(sessions, { locker });
}

const isManySessions = (args: OneMemory | ManySessions): args is ManySessions => typeof args[0] === "function";

interface LockedMemoryConstructor {
  new <T extends AnyMemory>(memory: T, locker: Locker, options: LockedMemoryOptions): LockedMemory<T>;
  new <T extends AnyMemory, S extends Session = Session>(
    create: (session: S) => T,
    locker: Locker,
    options?: LockedSessionsOptions<S>,
  ): LockedSessions<T, S>;
}

/**
 * A memory whose turns (`withTurn`, `beginTurn`) hold one lock while they load, ask a model and save. Its single writes
 * (`save`, `append`, `replace`, `replaceEnd`, `saveContext`, `clear`) hold the lock too, so that no two run at once in however
 * many processes. Its own reads take no lock: outside a turn, the messages may have changed before the caller writes. Within a
 * turn its reads carry the fence and signal of the turn.
 *
 * A write waits for the lock, keeps its lease alive while the memory writes, and releases it. Within a turn it uses the lock of
 * the turn. The memory gets the lock's fence and the write's `signal`, joined with the lock's. If the lock is not acquired
 * the memory is not called, and the write rejects as `locker.acquire` does: `LockNotAcquiredError`, `LockBackendError`,
 * `LockerClosedError`, or the signal's reason; in a turn that has lost it, with `StaleTurnError`. After that its outcome is
 * the memory's own: a release that fails is a warning.
 *
 * If the first argument is a function that makes the memory of a session, it serves many sessions, by `for(session)`.
 */
export const LockedMemory = class LockedMemory {
  constructor(...args: OneMemory | ManySessions) {
    const made = isManySessions(args) ? createLockedSessions(...args) : createLockedMemory(...args);
    Object.defineProperties(this, Object.getOwnPropertyDescriptors(made));
  }

  /** The memories that `for` returns are plain objects, and are `LockedMemory` all the same. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return isLocked(value);
  }
} as LockedMemoryConstructor;
