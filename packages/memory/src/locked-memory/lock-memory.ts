import type { Locker, LockOptions } from "@distlock/core";
import type { Memory, OpenMemory } from "../store/memory";
import { type MemoryCalls, memoryThrough } from "../store/memory-through";
import type { VariableMemory } from "../store/variable-memory";
import { heldLock, runWithLock } from "../turn/held-locks";
import { callWith } from "../turn/shared-lock";
import { takeTurn } from "../turn/take-turn";
import { createTurns } from "../turn/turns";
import { markLocked } from "./locked-mark";

/** A memory that can be locked. */
export type AnyMemory = Memory<unknown> | VariableMemory;

const has = (memory: object | undefined, ...methods: readonly string[]): boolean =>
  methods.every((name) => typeof (memory as Record<string, unknown> | undefined)?.[name] === "function");

const isMemory = (memory: AnyMemory): memory is OpenMemory => has(memory, "save", "load", "clear");

const isVariableMemory = (memory: AnyMemory): memory is VariableMemory =>
  has(memory, "saveContext", "loadMemoryVariables", "memoryVariables", "clear");

/** Throws `TypeError` for a value that is not a memory. */
export function assertMemory(memory: AnyMemory): void {
  if (isMemory(memory) || isVariableMemory(memory)) return;
  throw new TypeError(
    "LockedMemory needs a memory with save, load and clear, or one with saveContext, loadMemoryVariables, memoryVariables and clear, or a function that makes one for a session",
  );
}

const variablesThrough = ({ write, read }: MemoryCalls, memory: VariableMemory): VariableMemory => ({
  saveContext: (inputs, outputs, options) => write(options, (inner) => memory.saveContext(inputs, outputs, inner)),
  loadMemoryVariables: (inputs, options) => read(options, (inner) => memory.loadMemoryVariables(inputs, inner)),
  memoryVariables: () => memory.memoryVariables(),
  clear: (options) => write(options, (inner) => memory.clear(inner)),
});

/**
 * The methods of the memory, and turns if the memory can have them. A write holds the lock. A read uses the lock of a turn
 * around it, or none.
 */
export function lockMemory(memory: AnyMemory, locker: Locker, key: string, lockOptions: LockOptions): object {
  const calls: MemoryCalls = {
    async write(given, call) {
      const shared = heldLock(locker, key) ?? (await takeTurn(locker, key, { ...lockOptions, signal: given?.signal }));
      // The memory may itself have locked something by this key: that waits for nothing.
      return callWith(shared, given, (inner) => runWithLock(locker, shared, () => call(inner)));
    },
    async read(given, call) {
      const held = heldLock(locker, key);
      return held ? callWith(held, given, call) : call(given);
    },
  };
  const locked = {
    ...(isMemory(memory) && { ...memoryThrough(calls, memory), ...createTurns(memory, locker, key, lockOptions) }),
    ...(isVariableMemory(memory) && variablesThrough(calls, memory)),
  };
  return markLocked(locked, { locker, key });
}
