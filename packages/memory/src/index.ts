export type { CallOptions } from "./call-options";
export { checkWrite } from "./check-write";
export type { EndReplaceableMemory } from "./end-memory";
export { InProcessMemory } from "./in-process-memory";
export {
  type LockedMethods,
  type LockMethodsOptions,
  lockMethods,
  type MethodOf,
  type StreamMethodOf,
} from "./lock-methods";
export { LockedMemory, type LockedSessions } from "./locked-memory";
export type { LockedMemoryOptions, LockedSessionsOptions } from "./locked-memory-options";
export type { AppendableMemory, Document, Memory, MemoryOptions, ReplaceableMemory, WriteOptions } from "./memory";
export { type ContentPart, decodeMessage, encodeMessage, type Message, type Role } from "./message";
export { RedisMemory } from "./redis-memory";
export type { RedisMemoryOptions } from "./redis-memory-options";
export { type Session, sessionKey } from "./session-key";
export { StaleTurnError } from "./stale-turn-error";
export type { Turn, TurnOf } from "./turn";
export type { TurnOptions } from "./turn-options";
export type { Turns, TurnWork } from "./turns";
export { toVariableMemory, type VariableMemory, type VariableNames, type Variables } from "./variable-memory";
