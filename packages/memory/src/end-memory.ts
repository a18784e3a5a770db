import type { WriteOptions } from "./memory";
import type { Message } from "./message";

/** A memory that also takes a new end of a conversation, for callers that know the rest of it. */
export interface EndReplaceableMemory<M = Message> {
  /**
   * Puts messages, also none, in the place of the expected ones, if the conversation ends with exactly these, all or none:
   * whether it did. If not, nothing is done.
   */
  replaceEnd(expected: readonly M[], messages: readonly M[], options?: WriteOptions): Promise<boolean>;
}
