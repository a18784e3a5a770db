export { InProcessMemory } from "./in-process-memory";
export { LockedMemory } from "./locked-memory";
export type { LockedMemoryOptions } from "./locked-memory-options";
export type { AppendableMemory, Document, Memory, MemoryOptions, WriteOptions } from "./memory";
export type { ContentPart, Message, Role } from "./message";
export { RedisMemory } from "./redis-memory";
export type { RedisMemoryOptions } from "./redis-memory-options";
export { StaleWriteError } from "./stale-write-error";
export { toVariableMemory, type VariableMemory, type VariableNames, type Variables } from "./variable-memory";
