export type { CallOptions } from "./turn/call-options";
export { checkWrite } from "./store/check-write";
export { InProcessMemory } from "./store/in-process-memory";
export {
  type LockedMethods,
  type LockMethodsOptions,
  lockMethods,
  type MethodOf,
  type StreamMethodOf,
} from "./lock-methods/lock-methods";
export { LockedMemory, type LockedSessions } from "./locked-memory/locked-memory";
export type { LockedMemoryOptions, LockedSessionsOptions } from "./locked-memory/locked-memory-options";
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
} from "./store/memory";
export { type ContentPart, decodeMessage, encodeMessage, type Message } from "./store/message";
export type { Page } from "./store/page";
export { RedisMemory } from "./store/redis-memory";
export type { RedisMemoryOptions } from "./store/redis-memory-options";
export { type Session, sessionKey } from "./support/session-key";
export { StaleTurnError } from "./store/stale-turn-error";
export type { Turn, TurnOf } from "./turn/turn";
export type { TurnOptions } from "./turn/turn-options";
export type { Turns, TurnWork } from "./turn/turns";
export { UnknownOutcomeError } from "./store/unknown-outcome-error";
export { toVariableMemory, type VariableMemory, type VariableNames, type Variables } from "./store/variable-memory";
