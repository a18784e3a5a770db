import { integerOption } from "../support/integer-option";
import { type Session, sessionKey } from "../support/session-key";
import type { ListLimits } from "./list-options";

export interface RedisMemoryOptions {
  /** Names the conversation. Any content, not empty. */
  session: Session;
  /**
   * How long the conversation is kept after the last write, or after the last turn that has read it, in ms. Integer, 1 or more.
   * Default: until it is cleared, even if another instance had a ttl before.
   */
  ttl?: number | undefined;
  /**
   * How many messages are kept: a write drops the oldest beyond that. The kept messages begin with a turn; if none begins there,
   * with no result of a tool; and before it stays the first message, if that is of the system. Integer, 2 or more. Default: all.
   */
  maxMessages?: number | undefined;
  /**
   * How many bytes the messages may have in all, as JSON in UTF-8: a write drops the oldest beyond that, as for `maxMessages`,
   * and a write that has more by itself is refused with `RangeError`. Each write then looks at all that is kept. Integer, 1 or
   * more. Default: all.
   */
  maxBytes?: number | undefined;
  /**
   * How many turns are kept. A turn begins with a message of the role `user` that is not a tool's result. A write drops
   * the oldest beyond that, as for `maxMessages`. Each write then looks at all that is kept. Integer, 1 or more. Default: all.
   */
  maxTurns?: number | undefined;
}

export interface ResolvedRedisMemoryOptions {
  /** The key of the session's lock. */
  readonly key: string;
  readonly limits: ListLimits;
}

const names = ["session", "ttl", "maxMessages", "maxBytes", "maxTurns"];

/** The one place for defaults and validation. Throws `TypeError` or `RangeError`. */
export function resolveRedisMemoryOptions(options: RedisMemoryOptions): ResolvedRedisMemoryOptions {
  if (typeof options !== "object" || options === null) throw new TypeError("options must be an object with a session");
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) throw new TypeError(`unknown option "${name}"; there are ${names.join(", ")}`);
  }
  const { session, ttl, maxMessages, maxBytes, maxTurns } = options;
  return {
    key: sessionKey(session),
    limits: {
      ttl: ttl === undefined ? 0 : integerOption("ttl", ttl, 1),
      maxItems: maxMessages === undefined ? 0 : integerOption("maxMessages", maxMessages, 2),
      maxBytes: maxBytes === undefined ? 0 : integerOption("maxBytes", maxBytes, 1),
      maxTurns: maxTurns === undefined ? 0 : integerOption("maxTurns", maxTurns, 1),
    },
  };
}
