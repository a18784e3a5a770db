export { lockMethods } from "./lock-methods/lock-methods";
export type { LockMethodsOptions } from "./lock-methods/lock-methods-options";
export type { LockedMethods, MethodOf, StreamMethodOf } from "./lock-methods/method-types";
export { LockedMemory, type LockedSessions } from "./locked-memory/locked-memory";
export type { LockedMemoryOptions, LockedSessionsOptions } from "./locked-memory/locked-memory-options";
export { checkWrite } from "./store/check-write";
export { InProcessMemory } from "./store/in-process-memory";
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
export { StaleTurnError } from "./store/stale-turn-error";
export { UnknownOutcomeError } from "./store/unknown-outcome-error";
export { toVariableMemory, type VariableMemory, type VariableNames, type Variables } from "./store/variable-memory";
export { type Session, sessionKey } from "./support/session-key";
export type { CallOptions } from "./turn/call-options";
export type { Turn, TurnOf } from "./turn/turn";
export type { TurnOptions } from "./turn/turn-options";
export type { TurnWork } from "./turn/turn-work";
export type { Turns } from "./turn/turns";
