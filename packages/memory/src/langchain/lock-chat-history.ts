import type { Locker } from "@distlock/core";
import type { CallOptions } from "../call-options";
import { lockMethods } from "../lock-methods";
import { type Session, sessionKey } from "../session-key";

/** As much of LangChain's `BaseChatMessageHistory` as is locked. */
export interface ChatHistoryLike {
  addMessage(message: never): Promise<void>;
  addMessages(messages: never): Promise<void>;
  addUserMessage(message: string): Promise<void>;
  addAIMessage(message: string): Promise<void>;
  clear(): Promise<void>;
}

/** One of `session` and `key`. */
export type ChatHistoryOptions = CallOptions &
  ({ session: Session; key?: undefined } | { key: string; session?: undefined });

/**
 * The same history, each of whose writes (`addMessage`, `addMessages`, `addUserMessage`, `addAIMessage`, `clear`) holds the
 * lock of the session, or that of the run or turn around it. That alone makes no turn: lock the runs, with `lockRunnable`.
 * Outcomes are those of `lockMethods`. Throws `TypeError` or `RangeError` for bad options.
 */
export function lockChatHistory<H extends ChatHistoryLike>(
  history: H,
  locker: Locker,
  { session, key, ...rest }: ChatHistoryOptions,
): H {
  if ((session === undefined) === (key === undefined)) throw new TypeError("give one of session and key");
  return lockMethods(history as ChatHistoryLike, locker, {
    ...rest,
    write: ["addMessage", "addMessages", "addUserMessage", "addAIMessage", "clear"],
    key: key ?? sessionKey(session!),
  }) as H;
}
