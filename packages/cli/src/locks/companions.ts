import { assertKey } from "@distlock/core/driver";
import { type Glob, quoted } from "./glob";

/** A key beside a lock's, found by its name. */
export interface Companion {
  /** The key of the lock, without the prefix. */
  readonly key: string;
  readonly kind: "fence" | "queue1";
}

/** Matches the names of all companions of the locks that a pattern is for, and some other names. */
export const companionPattern = (prefix: string, glob: Glob): string => `${quoted(prefix)}${glob.loose}[:~][fq]*[e1]`;

/** A key with a hash tag of its own: its companions have the same one. */
const isTagged = (key: string): boolean => /^[^{]*\{[^}]+\}/.test(key);

const isKey = (key: string): boolean => {
  try {
    assertKey(key);
    return true;
  } catch {
    return false;
  }
};

/** The lock whose companion has this name at the server, or undefined. The core's `companions` makes the names. */
export function companionOf(prefix: string, name: string): Companion | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const [, start, mark, kind] = /^(.+)([:~])(fence|queue1)$/s.exec(name.slice(prefix.length)) ?? [];
  if (start === undefined) return undefined;
  const isOfTagged = mark === ":";
  const around = `{${prefix}`;
  if (!isOfTagged && !(start.startsWith(around) && start.endsWith("}"))) return undefined;
  const key = isOfTagged ? start : start.slice(around.length, -1);
  if (isTagged(key) !== isOfTagged || !isKey(key)) return undefined;
  return { key, kind: kind as Companion["kind"] };
}
