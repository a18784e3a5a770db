import type { Locker } from "@distlock/core";
import {
  type AppendableMemory,
  LockedMemory,
  type LockedMemoryOptions,
  type Memory,
  type MemoryOptions,
  type ReplaceableMemory,
  type SearchableMemory,
  type VariableMemory,
} from "../../src/index";

/** What a write of a memory does, and what it was called with. */
export type Write = (options: MemoryOptions, ...args: unknown[]) => Promise<void>;

/** A memory of the newer generation with scripted writes. */
export const memoryThat = (write: Write): Memory<string> & SearchableMemory<string> => ({
  save: (input, output, options) => write(options!, input, output),
  load: async (options) => [`loaded ${options?.query}`],
  search: async (query, k) => [`found ${query} ${k}`],
  clear: (options) => write(options!),
});

/** A scripted memory that also takes single messages, and whole conversations. */
export const openMemoryThat = (
  write: Write,
): Memory<string> & AppendableMemory<string> & ReplaceableMemory<string> => ({
  ...memoryThat(write),
  append: (messages, options) => write(options!, ...messages),
  replace: (messages, options) => write(options!, ...messages),
});

/** A memory of the older generation with scripted writes. */
export const variableMemoryThat = (write: Write): VariableMemory => ({
  saveContext: (inputs, outputs, options) => write(options!, inputs, outputs),
  loadMemoryVariables: async (inputs) => ({ history: `loaded ${inputs.input}` }),
  memoryVariables: () => ["history"],
  clear: (options) => write(options!),
});

type LockedWrite = (
  write: Write,
  locker: Locker,
  options: LockedMemoryOptions,
  call?: MemoryOptions,
) => Promise<unknown>;

/** Every write that a `LockedMemory` locks, over a scripted memory. */
export const lockedWrites: Record<string, LockedWrite> = {
  append: (write, locker, options, call) =>
    new LockedMemory(openMemoryThat(write), locker, options).append(["in", "out"], call),
  replace: (write, locker, options, call) =>
    new LockedMemory(openMemoryThat(write), locker, options).replace(["in", "out"], call),
  save: (write, locker, options, call) => new LockedMemory(memoryThat(write), locker, options).save("in", "out", call),
  clear: (write, locker, options, call) => new LockedMemory(memoryThat(write), locker, options).clear(call),
  saveContext: (write, locker, options, call) =>
    new LockedMemory(variableMemoryThat(write), locker, options).saveContext({ input: "in" }, { output: "out" }, call),
  "clear of a VariableMemory": (write, locker, options, call) =>
    new LockedMemory(variableMemoryThat(write), locker, options).clear(call),
};
