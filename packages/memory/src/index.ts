export type { CallOptions } from "./call-options";
export { checkWrite } from "./check-write";
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
export type {
  AppendableMemory,
  Document,
  EndReplaceableMemory,
  LoadOptions,
  Memory,
  MemoryOptions,
  ReplaceableMemory,
  SearchableMemory,
  WriteOptions,
  Written,
} from "./memory";
export { type ContentPart, decodeMessage, encodeMessage, type Message } from "./message";
export type { Page } from "./page";
export { RedisMemory } from "./redis-memory";
export type { RedisMemoryOptions } from "./redis-memory-options";
export { type Session, sessionKey } from "./session-key";
export { StaleTurnError } from "./stale-turn-error";
export type { Turn, TurnOf } from "./turn";
export type { TurnOptions } from "./turn-options";
export type { Turns, TurnWork } from "./turns";
export { UnknownOutcomeError } from "./unknown-outcome-error";
export { toVariableMemory, type VariableMemory, type VariableNames, type Variables } from "./variable-memory";
