import type { Locker, LockOptions } from "@distlock/core";
import { assertLocker } from "./assert-locker";
import type { EndReplaceableMemory } from "./end-memory";
import { heldLock, whileHeld } from "./held-locks";
import {
  type LockedMemoryOptions,
  type LockedSessionsOptions,
  resolveLockedMemoryOptions,
  resolveLockedSessionsOptions,
} from "./locked-memory-options";
import type { AppendableMemory, Memory, MemoryOptions, ReplaceableMemory, WriteOptions } from "./memory";
import type { Session } from "./session-key";
import { callWith } from "./shared-lock";
import { takeTurn } from "./take-turn";
import type { TurnMemory, TurnOf } from "./turn";
import { createTurns, type Turns } from "./turns";
import type { VariableMemory } from "./variable-memory";

type AnyMemory = Memory<unknown, unknown> | VariableMemory;

/** What the `LockedMemory` of a memory `T` is: of the same generation as `T`, or of both. A `Memory` also has turns. */
export type LockedMemory<T extends AnyMemory = Memory> = (T extends Memory<infer M, infer D>
  ? Memory<M, D> &
      Turns<TurnOf<T>> &
      (T extends AppendableMemory<infer A> ? AppendableMemory<A> : unknown) &
      (T extends ReplaceableMemory<infer R> ? ReplaceableMemory<R> : unknown) &
      (T extends EndReplaceableMemory<infer E> ? EndReplaceableMemory<E> : unknown)
  : unknown) &
  (T extends VariableMemory ? VariableMemory : unknown);

/** What the `LockedMemory` of many sessions is. */
export interface LockedSessions<T extends AnyMemory, S extends Session = Session> {
  /** The session's memory, made anew and locked. Throws `TypeError` or `RangeError` for a session that has no key. */
  for(session: S): LockedMemory<T>;
}

const mark = Symbol.for("distlock.lockedMemory");

/** By what a memory is locked, if it is: also one of another copy of this package. */
export const lockOf = (memory: object): { readonly locker: Locker; readonly key: string } | undefined =>
  (memory as { [mark]?: { locker: Locker; key: string } })[mark];

interface Calls {
  /** A write, with the lock held. */
  write<R>(options: WriteOptions | undefined, call: (options: WriteOptions) => Promise<R>): Promise<R>;
  /** A read: with the lock of a turn around it, or without any. */
  read<T>(options: MemoryOptions | undefined, call: (options?: MemoryOptions) => Promise<T>): Promise<T>;
}

const has = (memory: object | undefined, ...methods: readonly string[]): boolean =>
  methods.every((name) => typeof (memory as Record<string, unknown> | undefined)?.[name] === "function");

const isMemory = (memory: AnyMemory): memory is TurnMemory => has(memory, "save", "load", "search", "clear");

const needed =
  "LockedMemory needs a memory with save, load, search and clear, or one with saveContext, loadMemoryVariables, memoryVariables and clear, or a function that makes one for a session";

const isVariableMemory = (memory: AnyMemory): memory is VariableMemory =>
  has(memory, "saveContext", "loadMemoryVariables", "memoryVariables", "clear");

const lockCalls = (memory: TurnMemory, { write, read }: Calls): TurnMemory => ({
  save: (input, output, options) => write(options, (inner) => memory.save(input, output, inner)),
  load: (query, options) => read(options, (inner) => memory.load(query, inner)),
  search: (query, k, options) => read(options, (inner) => memory.search(query, k, inner)),
  clear: (options) => write(options, (inner) => memory.clear(inner)),
  ...(memory.append && {
    append: (messages, options) => write(options, (inner) => memory.append!(messages, inner)),
  }),
  ...(memory.replace && {
    replace: (messages, options) => write(options, (inner) => memory.replace!(messages, inner)),
  }),
  ...(memory.replaceEnd && {
    replaceEnd: (expected, messages, options) =>
      write(options, (inner) => memory.replaceEnd!(expected, messages, inner)),
  }),
});

const lockVariableCalls = (memory: VariableMemory, { write, read }: Calls): VariableMemory => ({
  saveContext: (inputs, outputs, options) => write(options, (inner) => memory.saveContext(inputs, outputs, inner)),
  loadMemoryVariables: (inputs, options) => read(options, (inner) => memory.loadMemoryVariables(inputs, inner)),
  memoryVariables: () => memory.memoryVariables(),
  clear: (options) => write(options, (inner) => memory.clear(inner)),
});

/** Gives the object what the memory has, locked, and turns if it can have them. Throws `TypeError` for what is not a memory. */
function lockMemory<T extends object>(
  locked: T,
  memory: AnyMemory,
  locker: Locker,
  key: string,
  lockOptions: LockOptions,
): T {
  if (!isMemory(memory) && !isVariableMemory(memory)) throw new TypeError(needed);
  Object.defineProperty(locked, mark, { value: { locker, key } });
  const calls: Calls = {
    async write(given, call) {
      const shared = heldLock(locker, key) ?? (await takeTurn(locker, key, { ...lockOptions, signal: given?.signal }));
      // What the memory itself may have locked by this key waits for nothing.
      return callWith(shared, given, (inner) => whileHeld(locker, shared, () => call(inner)));
    },
    async read(given, call) {
      const held = heldLock(locker, key);
      return held ? callWith(held, given, call) : call(given);
    },
  };
  if (isMemory(memory)) Object.assign(locked, lockCalls(memory, calls), createTurns(memory, locker, key, lockOptions));
  if (isVariableMemory(memory)) Object.assign(locked, lockVariableCalls(memory, calls));
  return locked;
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
