import type { MemoryOptions, OpenMemory, WriteOptions } from "./memory";

/** A step between the caller and a memory: it gets the caller's options, and chooses the options of the memory. */
export interface MemoryCalls {
  write<R>(options: WriteOptions | undefined, call: (options?: WriteOptions) => Promise<R>): Promise<R>;
  read<R>(options: MemoryOptions | undefined, call: (options?: MemoryOptions) => Promise<R>): Promise<R>;
}

/** The methods that the memory has, each of which calls it through `write` or `read`. */
export const memoryThrough = ({ write, read }: MemoryCalls, memory: OpenMemory): OpenMemory => ({
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
