import type { LockOptions } from "@distlock/core";
import { resolveLockedMemoryOptions } from "../../locked-memory/locked-memory-options";
import type { ListLimits } from "../../store/list-options";
import { integerOption } from "../../support/integer-option";
import { sessionKey } from "../../support/session-key";

export interface RedisSessionOptions {
  /** Names the session; `getSessionId` returns it. Any content, not empty. */
  session: string;
  /** How long the history is kept after the last write, or the last run that has read it, in ms. Integer, 1 or more. Default: until it is cleared. */
  ttl?: number | undefined;
  /** Longest wait for the lock of a write that is not part of a locked run, in ms. Default 5 000. */
  timeout?: number | undefined;
}

export interface ResolvedRedisSessionOptions {
  readonly session: string;
  /** The key of the session's lock. */
  readonly key: string;
  readonly lockOptions: LockOptions;
  readonly limits: ListLimits;
}

const names = ["session", "ttl", "timeout"];

/** The one place for defaults and validation. Throws `TypeError` or `RangeError`. */
export function resolveRedisSessionOptions(options: RedisSessionOptions): ResolvedRedisSessionOptions {
  if (typeof options !== "object" || options === null) throw new TypeError("options must be an object with a session");
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) throw new TypeError(`unknown option "${name}"; there are ${names.join(", ")}`);
  }
  const { session, ttl, timeout } = options;
  if (typeof session !== "string") throw new TypeError(`session must be a string, got ${typeof session}`);
  const key = sessionKey(session);
  return {
    session,
    ...resolveLockedMemoryOptions({ key, timeout }),
    limits: { ttl: ttl === undefined ? 0 : integerOption("ttl", ttl, 1), maxItems: 0, maxBytes: 0, maxTurns: 0 },
  };
}
