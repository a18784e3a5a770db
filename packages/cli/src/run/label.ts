import { hostname, userInfo } from "node:os";
import { basename } from "node:path";

/** The longest label that the core takes, in bytes of UTF-8. */
const LONGEST = 48;

/** A user id without a name is usual in containers. */
function user(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "");
  }
}

/** The longest beginning of a text that has at most so many bytes of UTF-8. No character is cut in two. */
export function cut(text: string, bytes: number): string {
  let kept = "";
  let length = 0;
  for (const char of text) {
    length += Buffer.byteLength(char);
    if (length > bytes) break;
    kept += char;
  }
  return kept;
}

/** `user@host:pid command`. Without the arguments of the command: a password may be among them, and everybody who reads the key reads the label. */
export const defaultLabel = (command: string): string =>
  cut(`${user()}@${hostname()}:${process.pid} ${basename(command)}`.toWellFormed(), LONGEST);
