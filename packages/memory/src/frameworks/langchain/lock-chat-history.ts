import type { Locker } from "@distlock/core";
import { lockMethods } from "../../lock-methods/lock-methods";
import { boundProxy } from "../../support/bound-proxy";
import { type Session, sessionKey } from "../../support/session-key";
import type { CallOptions } from "../../turn/call-options";
import { assertHistoryOf } from "../../turn/held-locks";
import { recordFailure } from "./recorded-failures";

/** As much of LangChain's `BaseChatMessageHistory` as is locked. */
export interface ChatHistoryLike {
  getMessages(): Promise<unknown>;
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
 * Returns the history, each of whose writes (`addMessage`, `addMessages`, `addUserMessage`, `addAIMessage`, `clear`) holds the
 * lock of the session, or the lock of the run or turn around it. That alone makes no turn: lock the runs, with `lockRunnable`.
 * Writes reject as methods of `lockMethods` do, and with `TypeError` within runs and turns that are all of other keys. A run of
 * `lockRunnable` around a write, or around `getMessages`, rejects with its error too: LangChain keeps the error to itself.
 * Throws `TypeError` or `RangeError` for bad options.
 */
export function lockChatHistory<H extends ChatHistoryLike>(
  history: H,
  locker: Locker,
  { session, key, ...rest }: ChatHistoryOptions,
): H {
  if ((session === undefined) === (key === undefined)) throw new TypeError("pass either session or key");
  const own = key ?? sessionKey(session!);
  const write = ["addMessage", "addMessages", "addUserMessage", "addAIMessage", "clear"] as const;
  const locked = lockMethods(history as ChatHistoryLike, locker, { ...rest, write, key: own });
  const methods = locked as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const noted = [...write, "getMessages"].map((name) => {
    async function call(...args: unknown[]): Promise<unknown> {
      assertHistoryOf("this history", locker, own);
      return methods[name]!(...args);
    }
    return [name, (...args: unknown[]) => recordFailure(() => call(...args))];
  });
  return boundProxy(locked, Object.fromEntries(noted)) as H;
}
