/** Names a conversation, optionally with its tenant and user. Each is any string that is not empty. */
export type Session =
  | string
  | {
      readonly tenant?: string | undefined;
      readonly user?: string | undefined;
      readonly session: string;
    };

/** A part of a key, percent-encoded where it would break a hash tag. Throws `TypeError` or `RangeError` that name it. */
export function encode(name: string, part: unknown): string {
  if (typeof part !== "string") throw new TypeError(`${name} must be a string, got ${typeof part}`);
  if (part === "") throw new RangeError(`${name} must not be empty`);
  if (!part.isWellFormed()) {
    throw new TypeError(`${name} must be well-formed Unicode: it has half of a surrogate pair`);
  }
  return part.replace(/[{}%\s\p{Cc}]/gu, encodeURIComponent);
}

/** The separator of the parts: in an encoded part, two digits follow every "%". */
export const SEPARATOR = "%:";

/**
 * The key of a session's lock: `memory:{<session>}`, or `memory:{<tenant>%:<user>%:<session>}` if one of these is given,
 * with `{`, `}`, `%`, blanks and control characters percent-encoded. No two sessions share a key, and all keys of one
 * session share a hash slot. Throws `TypeError` or `RangeError` for a session that has no such key.
 */
export function sessionKey(session: Session): string {
  if (typeof session !== "object" || session === null) return `memory:{${encode("session", session)}}`;
  const { tenant, user, session: own, ...rest } = session;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) {
    throw new TypeError(`unknown part ${JSON.stringify(unknown)} of a session; there are tenant, user, session`);
  }
  const scope = [tenant === undefined ? "" : encode("tenant", tenant), user === undefined ? "" : encode("user", user)];
  const parts = [...(scope.some(Boolean) ? scope : []), encode("session", own)];
  return `memory:{${parts.join(SEPARATOR)}}`;
}

/** The session of such a key, without its tenant and user; `undefined` for another key. */
export function sessionOf(key: string): string | undefined {
  const parts = /^memory:\{([^{}]+)\}$/.exec(key)?.[1]?.split(SEPARATOR);
  return parts && decodeURIComponent(parts.at(-1)!);
}
