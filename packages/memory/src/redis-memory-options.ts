import { type Session, sessionKey } from "./session-key";

export interface RedisMemoryOptions {
  /** Names the conversation. Any content, not empty. */
  session: Session;
  /** How long the conversation is kept after the last save, in ms. Integer, 1 or more. Default: until it is cleared. */
  ttl?: number | undefined;
  /** How many messages are kept: a save drops the oldest beyond that. Integer, 2 or more. Default: all. */
  maxMessages?: number | undefined;
}

/** What the scripts take: 0 for no ttl, and for no bound. */
export interface ResolvedRedisMemoryOptions {
  /** What its keys begin with. */
  readonly key: string;
  readonly ttl: number;
  readonly maxMessages: number;
}

const names = ["session", "ttl", "maxMessages"];

function integer(name: string, value: unknown, least: number): number {
  const bound = `${name} must be an integer from ${least} to ${Number.MAX_SAFE_INTEGER}`;
  if (typeof value !== "number") throw new TypeError(`${bound}, got ${typeof value}`);
  if (!Number.isSafeInteger(value) || value < least) throw new RangeError(`${bound}, got ${value}`);
  return value;
}

/** The one place for defaults and validation. Throws `TypeError` or `RangeError`. */
export function resolveRedisMemoryOptions(options: RedisMemoryOptions): ResolvedRedisMemoryOptions {
  if (typeof options !== "object" || options === null) throw new TypeError("options must be an object with a session");
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) throw new TypeError(`unknown option "${name}"; there are ${names.join(", ")}`);
  }
  const { session, ttl, maxMessages } = options;
  return {
    key: sessionKey(session),
    ttl: ttl === undefined ? 0 : integer("ttl", ttl, 1),
    maxMessages: maxMessages === undefined ? 0 : integer("maxMessages", maxMessages, 2),
  };
}
