export { InProcessMemory } from "./in-process-memory";
export { LockedMemory } from "./locked-memory";
export type { LockedMemoryOptions } from "./locked-memory-options";
export type { Document, Memory, MemoryOptions } from "./memory";
export type { ContentPart, Message, Role } from "./message";
export { RedisMemory } from "./redis-memory";
export type { RedisMemoryOptions } from "./redis-memory-options";
export { toVariableMemory, type VariableMemory, type VariableNames, type Variables } from "./variable-memory";
