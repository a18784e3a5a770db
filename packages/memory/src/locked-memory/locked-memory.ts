import type { Locker } from "@distlock/core";
import { assertLocker } from "../support/assert-locker";
import { type AnyMemory, isMemory, isVariableMemory, lockMemory, needed } from "./lock-memory";
import {
  type LockedMemoryOptions,
  type LockedSessionsOptions,
  resolveLockedMemoryOptions,
  resolveLockedSessionsOptions,
} from "./locked-memory-options";
import type { Memory } from "../store/memory";
import type { Session } from "../support/session-key";
import type { Extras, TurnOf } from "../turn/turn";
import type { Turns } from "../turn/turns";
import type { VariableMemory } from "../store/variable-memory";

/** What the `LockedMemory` of a memory `T` is: of the same generation as `T`, or of both. A `Memory` also has turns. */
export type LockedMemory<T extends AnyMemory = Memory> = (T extends Memory<infer M, infer W>
  ? Memory<M, W> & Turns<TurnOf<T>> & Extras<T>
  : unknown) &
  (T extends VariableMemory ? VariableMemory : unknown);

/** What the `LockedMemory` of many sessions is. */
export interface LockedSessions<T extends AnyMemory, S extends Session = Session> {
  /** The session's memory, made anew and locked. Throws `TypeError` or `RangeError` for a session that has no key. */
  for(session: S): LockedMemory<T>;
}

/**
 * A memory whose turns (`withTurn`, `beginTurn`) hold one lock while they load, ask a model and save; and whose single
 * writes (`save`, `append`, `replace`, `replaceEnd`, `saveContext`, `clear`) hold it too, so that no two run at once in however many processes. Its
 * own reads take no lock: outside a turn, what is read may be old by the time it is written back. Within one they carry its
 * fence and signal, as those of the `turn` do.
 *
 * A write waits for the lock, keeps its lease alive while the memory writes, and releases it; within a turn it uses that of
 * the turn. The memory gets the lock's fence and the write's `signal`, joined with the lock's. If the lock is not acquired
 * the memory is not called, and the write rejects as `locker.acquire` does: `LockNotAcquiredError`, `LockBackendError`,
 * `LockerClosedError`, or the signal's reason; in a turn that has lost it, with `StaleTurnError`. After that its outcome is
 * the memory's own: a release that fails is a warning.
 *
 * Given a function that makes the memory of a session, it serves many: by `for(session)`.
 */
export const LockedMemory: {
  new <T extends AnyMemory>(memory: T, locker: Locker, options: LockedMemoryOptions): LockedMemory<T>;
  new <T extends AnyMemory, S extends Session = Session>(
    create: (session: S) => T,
    locker: Locker,
    options?: LockedSessionsOptions<S>,
  ): LockedSessions<T, S>;
} = class LockedMemory {
  constructor(
    memory: AnyMemory | ((session: Session) => AnyMemory),
    locker: Locker,
    options: LockedMemoryOptions | LockedSessionsOptions,
  ) {
    if (typeof memory !== "function" && !isMemory(memory) && !isVariableMemory(memory)) throw new TypeError(needed);
    assertLocker("LockedMemory", locker);
    if (typeof memory !== "function") {
      const { key, lockOptions } = resolveLockedMemoryOptions(options as LockedMemoryOptions);
      lockMemory(this, memory, locker, key, lockOptions);
      return;
    }
    const { keyOf, lockOptions } = resolveLockedSessionsOptions(options as LockedSessionsOptions);
    Object.assign(this, {
      for(session: Session): LockedMemory {
        const key = keyOf(session);
        return lockMemory(Object.create(LockedMemory.prototype), memory(session), locker, key, lockOptions);
      },
    });
  }
} as never;
