import type { AppendableMemory, Memory, ReplaceableMemory, SearchableMemory } from "../store/memory";

/**
 * The optional parts of a memory, beyond `save`, `load` and `clear`.
 *
 * search    `search`, for a text in the messages, as `RedisMemory` does it
 * append    `append`
 * replace   `replace`
 * pages     `load` knows `last` and `before`
 * signal    ends calls with the reason of a signal that has aborted
 * names     does a write that has an `idempotencyKey` once, and says so; refuses another write of that name
 * fences    refuses late holders with `StaleTurnError`
 */
export type MemoryPart = "search" | "append" | "replace" | "pages" | "signal" | "names" | "fences";

/** A handle of a conversation: one process has one. */
export type Handle = Memory & Partial<AppendableMemory & ReplaceableMemory & SearchableMemory>;

/** A memory to prove. */
export interface MemoryTarget {
  /** Two handles of one new, empty conversation, as two processes would have. Called once or more by each case. */
  readonly create: () => readonly [Handle, Handle] | Promise<readonly [Handle, Handle]>;
  /** Its parts beyond `save`, `load` and `clear`. The contract has no cases for other parts. */
  readonly parts: readonly MemoryPart[];
}

/** One thing that a memory must do. `run` rejects with an assertion error if it does not. */
export interface ContractCase {
  readonly title: string;
  readonly run: () => Promise<void>;
}

/** Cases of one part by their titles. */
export type Cases = Readonly<Record<string, () => Promise<void>>>;
