import type { Locker } from "@distlock/core";
import { assertLocker } from "./assert-locker";
import { heldLock, whileHeld } from "./held-locks";
import {
  type LockedMemoryOptions,
  type LockedSessionsOptions,
  resolveLockedMemoryOptions,
  resolveLockedSessionsOptions,
} from "./locked-memory-options";
import type { Memory, MemoryOptions, OpenMemory, WriteOptions } from "./memory";
import type { Session } from "./session-key";
import { callWith, shareLock } from "./shared-lock";
import type { Extras, TurnOf } from "./turn";
import { createTurns, type Turns } from "./turns";
import type { VariableMemory } from "./variable-memory";

type AnyMemory = Memory<unknown> | VariableMemory;

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

interface Calls {
  /** A write, with the lock held. */
  write<R>(options: WriteOptions | undefined, call: (options: WriteOptions) => Promise<R>): Promise<R>;
  /** A read: with the lock of a turn around it, or without any. */
  read<T>(options: MemoryOptions | undefined, call: (options?: MemoryOptions) => Promise<T>): Promise<T>;
}

const has = (memory: object | undefined, ...methods: readonly string[]): boolean =>
  methods.every((name) => typeof (memory as Record<string, unknown> | undefined)?.[name] === "function");

const isMemory = (memory: AnyMemory): memory is OpenMemory => has(memory, "save", "load", "clear");

const isVariableMemory = (memory: AnyMemory): memory is VariableMemory =>
  has(memory, "saveContext", "loadMemoryVariables", "memoryVariables", "clear");

const lockCalls = (memory: OpenMemory, { write, read }: Calls): OpenMemory => ({
  save: (input, output, options) => write(options, (inner) => memory.save(input, output, inner)),
  load: (options) => read(options, (inner) => memory.load(inner)),
  clear: (options) => write(options, (inner) => memory.clear(inner)),
  ...(memory.append && {
    append: (messages, options) => write(options, (inner) => memory.append!(messages, inner)),
  }),
  ...(memory.replace && {
    replace: (messages, options) => write(options, (inner) => memory.replace!(messages, inner)),
  }),
  ...(memory.search && {
    search: (query, k, options) => read(options, (inner) => memory.search!(query, k, inner)),
  }),
});

const lockVariableCalls = (memory: VariableMemory, { write, read }: Calls): VariableMemory => ({
  saveContext: (inputs, outputs, options) => write(options, (inner) => memory.saveContext(inputs, outputs, inner)),
  loadMemoryVariables: (inputs, options) => read(options, (inner) => memory.loadMemoryVariables(inputs, inner)),
  memoryVariables: () => memory.memoryVariables(),
  clear: (options) => write(options, (inner) => memory.clear(inner)),
});

/**
 * A memory whose turns (`withTurn`, `beginTurn`) hold one lock while they load, ask a model and save; and whose single
 * writes (`save`, `append`, `replace`, `saveContext`, `clear`) hold it too, so that no two run at once in however many processes. Its
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
    if (typeof memory !== "function" && !isMemory(memory) && !isVariableMemory(memory)) {
      throw new TypeError(
        "LockedMemory needs a memory with save, load and clear, or one with saveContext, loadMemoryVariables, memoryVariables and clear, or a function that makes one for a session",
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

    const calls: Calls = {
      async write(given, call) {
        const how = { ...lockOptions, signal: given?.signal };
        const shared = heldLock(locker, key) ?? shareLock(await locker.acquire(key, how));
        // What the memory itself may have locked by this key waits for nothing.
        return callWith(shared, given, (inner) => whileHeld(locker, shared, () => call(inner)));
      },
      async read(given, call) {
        const held = heldLock(locker, key);
        return held ? callWith(held, given, call) : call(given);
      },
    };
    if (isMemory(memory)) Object.assign(this, lockCalls(memory, calls), createTurns(memory, locker, key, lockOptions));
    if (isVariableMemory(memory)) Object.assign(this, lockVariableCalls(memory, calls));
  }
} as never;
