import type { Locker, LockOptions } from "@distlock/core";
import { heldLock, whileHeld } from "../turn/held-locks";
import type { Memory, MemoryOptions, OpenMemory, WriteOptions } from "../store/memory";
import { callWith } from "../turn/shared-lock";
import { takeTurn } from "../turn/take-turn";
import { createTurns } from "../turn/turns";
import type { VariableMemory } from "../store/variable-memory";

/** What can be locked. */
export type AnyMemory = Memory<unknown> | VariableMemory;

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

export const isMemory = (memory: AnyMemory): memory is OpenMemory => has(memory, "save", "load", "clear");

export const needed =
  "LockedMemory needs a memory with save, load and clear, or one with saveContext, loadMemoryVariables, memoryVariables and clear, or a function that makes one for a session";

export const isVariableMemory = (memory: AnyMemory): memory is VariableMemory =>
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
  ...(memory.replaceEnd && {
    replaceEnd: (expected, messages, options) =>
      write(options, (inner) => memory.replaceEnd!(expected, messages, inner)),
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

/** Gives the object what the memory has, locked, and turns if it can have them. Throws `TypeError` for what is not a memory. */
export function lockMemory<T extends object>(
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
