import type { Locker } from "@distlock/core";
import { assertLocker } from "./assert-locker";
import { heldLock } from "./held-locks";
import {
  type LockedMemoryOptions,
  type LockedSessionsOptions,
  resolveLockedMemoryOptions,
  resolveLockedSessionsOptions,
} from "./locked-memory-options";
import type { AppendableMemory, Memory, OpenMemory, ReplaceableMemory, WriteOptions } from "./memory";
import type { Session } from "./session-key";
import { callWith, shareLock } from "./shared-lock";
import type { TurnOf } from "./turn";
import { createTurns, type Turns } from "./turns";
import type { VariableMemory } from "./variable-memory";

type AnyMemory = Memory<unknown, unknown> | VariableMemory;

/** What the `LockedMemory` of a memory `T` is: of the same generation as `T`, or of both. A `Memory` also has turns. */
export type LockedMemory<T extends AnyMemory = Memory> = (T extends Memory<infer M, infer D>
  ? Memory<M, D> &
      Turns<TurnOf<T>> &
      (T extends AppendableMemory<infer A> ? AppendableMemory<A> : unknown) &
      (T extends ReplaceableMemory<infer R> ? ReplaceableMemory<R> : unknown)
  : unknown) &
  (T extends VariableMemory ? VariableMemory : unknown);

/** What the `LockedMemory` of many sessions is. */
export interface LockedSessions<T extends AnyMemory, S extends Session = Session> {
  /** The session's memory, made anew and locked. Throws `TypeError` or `RangeError` for a session that has no key. */
  for(session: S): LockedMemory<T>;
}

/** Runs a write with the lock held. */
type Locked = (options: WriteOptions | undefined, write: (options: WriteOptions) => Promise<void>) => Promise<void>;

const has = (memory: object | undefined, ...methods: readonly string[]): boolean =>
  methods.every((name) => typeof (memory as Record<string, unknown> | undefined)?.[name] === "function");

const isMemory = (memory: AnyMemory): memory is OpenMemory => has(memory, "save", "load", "search", "clear");

const isVariableMemory = (memory: AnyMemory): memory is VariableMemory =>
  has(memory, "saveContext", "loadMemoryVariables", "memoryVariables", "clear");

const lockWrites = (memory: OpenMemory, locked: Locked): OpenMemory => ({
  save: (input, output, options) => locked(options, (inner) => memory.save(input, output, inner)),
  load: (query, options) => memory.load(query, options),
  search: (query, k, options) => memory.search(query, k, options),
  clear: (options) => locked(options, (inner) => memory.clear(inner)),
  ...(memory.append && {
    append: (messages, options) => locked(options, (inner) => memory.append!(messages, inner)),
  }),
  ...(memory.replace && {
    replace: (messages, options) => locked(options, (inner) => memory.replace!(messages, inner)),
  }),
});

const lockVariableWrites = (memory: VariableMemory, locked: Locked): VariableMemory => ({
  saveContext: (inputs, outputs, options) => locked(options, (inner) => memory.saveContext(inputs, outputs, inner)),
  loadMemoryVariables: (inputs, options) => memory.loadMemoryVariables(inputs, options),
  memoryVariables: () => memory.memoryVariables(),
  clear: (options) => locked(options, (inner) => memory.clear(inner)),
});

/**
 * A memory whose turns (`withTurn`, `beginTurn`) hold one lock while they load, ask a model and save; and whose single
 * writes (`save`, `append`, `replace`, `saveContext`, `clear`) hold it too, so that no two run at once in however many processes. Its
 * own reads go straight to the memory: outside a turn, what is read may be old by the time it is written back.
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
    if (typeof memory !== "function" && !isMemory(memory) && !isVariableMemory(memory)) {
      throw new TypeError(
        "LockedMemory needs a memory with save, load, search and clear, or one with saveContext, loadMemoryVariables, memoryVariables and clear, or a function that makes one for a session",
      );
    }
    assertLocker("LockedMemory", locker);
    if (typeof memory === "function") {
      const optionsOf = resolveLockedSessionsOptions(options as LockedSessionsOptions);
      Object.assign(this, {
        for(session: Session) {
          const own = optionsOf(session);
          return new LockedMemory(memory(session), locker, own);
        },
      });
      return;
    }
    const { key, lockOptions } = resolveLockedMemoryOptions(options as LockedMemoryOptions);

    const locked: Locked = async (given, write) => {
      const shared =
        heldLock(locker, key) ?? shareLock(await locker.acquire(key, { ...lockOptions, signal: given?.signal }));
      await callWith(shared, given, write);
    };
    if (isMemory(memory))
      Object.assign(this, lockWrites(memory, locked), createTurns(memory, locker, key, lockOptions));
    if (isVariableMemory(memory)) Object.assign(this, lockVariableWrites(memory, locked));
  }
} as never;
