import { type Locker, warn } from "@distlock/core";
import { joinSignals } from "./join-signals";
import { type LockedMemoryOptions, resolveLockedMemoryOptions } from "./locked-memory-options";
import type { Memory, MemoryOptions } from "./memory";
import type { VariableMemory } from "./variable-memory";

type AnyMemory = Memory<unknown, unknown> | VariableMemory;

/** What the `LockedMemory` of a memory `T` is: of the same generation as `T`, or of both. */
export type LockedMemory<T extends AnyMemory = Memory> = (T extends Memory<infer M, infer D> ? Memory<M, D> : unknown) &
  (T extends VariableMemory ? VariableMemory : unknown);

/** Runs a write with the lock held. */
type Locked = (options: MemoryOptions | undefined, write: (options: MemoryOptions) => Promise<void>) => Promise<void>;

const has = (memory: object | undefined, ...methods: readonly string[]): boolean =>
  methods.every((name) => typeof (memory as Record<string, unknown> | undefined)?.[name] === "function");

const isMemory = (memory: AnyMemory): memory is Memory<unknown, unknown> =>
  has(memory, "save", "load", "search", "clear");

const isVariableMemory = (memory: AnyMemory): memory is VariableMemory =>
  has(memory, "saveContext", "loadMemoryVariables", "memoryVariables", "clear");

const lockWrites = (memory: Memory<unknown, unknown>, locked: Locked): Memory<unknown, unknown> => ({
  save: (input, output, options) => locked(options, (inner) => memory.save(input, output, inner)),
  load: (query, options) => memory.load(query, options),
  search: (query, k, options) => memory.search(query, k, options),
  clear: (options) => locked(options, (inner) => memory.clear(inner)),
});

const lockVariableWrites = (memory: VariableMemory, locked: Locked): VariableMemory => ({
  saveContext: (inputs, outputs, options) => locked(options, (inner) => memory.saveContext(inputs, outputs, inner)),
  loadMemoryVariables: (inputs, options) => memory.loadMemoryVariables(inputs, options),
  memoryVariables: () => memory.memoryVariables(),
  clear: (options) => locked(options, (inner) => memory.clear(inner)),
});

/**
 * A memory whose writes (`save`, `saveContext`, `clear`) hold the lock, so that no two of them run at once in however many
 * processes; reads go straight to the memory. What is read may be old by the time it is written back: whoever reads,
 * thinks and writes needs the lock around all three, by `locker.withLock`.
 *
 * A write waits for the lock, keeps its lease alive while the memory writes, and releases it. Its `signal`, joined with
 * the lock's, is what the memory gets. If the lock is not acquired the memory is not called, and the write rejects as
 * `locker.acquire` does: `LockNotAcquiredError`, `LockBackendError`, `LockerClosedError`, or the signal's reason. After
 * that its outcome is the memory's own: a release that fails is a warning.
 */
export const LockedMemory: new <T extends AnyMemory>(
  memory: T,
  locker: Locker,
  options: LockedMemoryOptions,
) => LockedMemory<T> = class LockedMemory {
  constructor(memory: AnyMemory, locker: Locker, options: LockedMemoryOptions) {
    if (!isMemory(memory) && !isVariableMemory(memory)) {
      throw new TypeError(
        "LockedMemory needs a memory with save, load, search and clear, or one with saveContext, loadMemoryVariables, memoryVariables and clear",
      );
    }
    if (!has(locker, "acquire", "withLock")) {
      throw new TypeError("LockedMemory needs a locker, such as createLocker(ioredisDriver(client))");
    }
    const { key, lockOptions } = resolveLockedMemoryOptions(options);

    const locked: Locked = async (given, write) => {
      const lock = await locker.acquire(key, { ...lockOptions, signal: given?.signal });
      const joined = joinSignals(lock.signal, given?.signal);
      try {
        joined.signal.throwIfAborted();
        await write({ ...given, signal: joined.signal });
      } finally {
        joined.dispose();
        await lock.release().catch(warn);
      }
    };
    if (isMemory(memory)) Object.assign(this, lockWrites(memory, locked));
    if (isVariableMemory(memory)) Object.assign(this, lockVariableWrites(memory, locked));
  }
} as never;
