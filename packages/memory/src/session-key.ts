/**
 * What the keys of a session begin with: `memory:{<session>}`, with `{`, `}`, `%`, blanks and control characters of the session
 * percent-encoded, so that no two sessions share a key, and all keys of one session share a hash slot. Throws `TypeError`
 * or `RangeError` for a session that has no such key.
 */
export function keyOfSession(session: string): string {
  if (typeof session !== "string") throw new TypeError(`session must be a string, got ${typeof session}`);
  if (session === "") throw new RangeError("session must not be empty");
  if (!session.isWellFormed()) {
    throw new TypeError("session must be well-formed Unicode: it has half of a surrogate pair");
  }
  return `memory:{${session.replace(/[{}%\s\p{Cc}]/gu, encodeURIComponent)}}`;
}
