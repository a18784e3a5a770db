import { InvalidArgumentError } from "commander";

/** A pattern for keys, as Redis has them: `*`, `?`, `[abc]`, `[a-z]`, `[^a]`, and `\` before a character that means itself. */
export interface Glob {
  /** A pattern for Redis that matches every text that has a matching key in it, and some others. */
  readonly loose: string;
  matches(key: string): boolean;
}

/** A character of a regular expression that means itself, wherever it is. */
const itself = (char: string): string => `\\u{${char.codePointAt(0)!.toString(16)}}`;

/** A literal text in a pattern for Redis. */
export const quoted = (text: string): string => text.replace(/[*?[\]\\]/g, "\\$&");

interface Part {
  /** As a regular expression. */
  readonly source: string;
  /** For Redis. One byte for Redis is one character for people, so Redis only compares the literal parts. */
  readonly loose: string;
  /** Where the next part is. */
  readonly end: number;
}

function partAt(chars: readonly string[], i: number): Part {
  const char = chars[i]!;
  if (char === "*") return { source: ".*", loose: "*", end: i + 1 };
  if (char === "?") return { source: ".", loose: "*", end: i + 1 };
  if (char === "[") return { ...classAt(chars, i + 1), loose: "*" };
  const at = char === "\\" && i + 1 < chars.length ? i + 1 : i;
  return { source: itself(chars[at]!), loose: quoted(chars[at]!), end: at + 1 };
}

/** Reads a pattern. Throws `InvalidArgumentError` if it has a class without an end. */
export function parseGlob(text: string): Glob {
  const chars = [...text];
  const loose = ["*"];
  let source = "";
  // Each star of a pattern may cost the server another pass over a name.
  const add = (more: string) => {
    if (more !== "*" || loose.at(-1) !== "*") loose.push(more);
  };
  for (let i = 0; i < chars.length; ) {
    const part = partAt(chars, i);
    source += part.source;
    add(part.loose);
    i = part.end;
  }
  add("*");
  const pattern = new RegExp(`^${source}$`, "su");
  return { loose: loose.join(""), matches: (key) => pattern.test(key) };
}

/** Reads a class behind its `[`. */
function classAt(chars: readonly string[], start: number): { readonly source: string; readonly end: number } {
  const isNegated = chars[start] === "^";
  let source = "";
  let i = isNegated ? start + 1 : start;
  const next = (): string | undefined => {
    if (chars[i] === "\\" && i + 1 < chars.length) i++;
    return chars[i++];
  };
  while (i < chars.length && chars[i] !== "]") {
    const first = next()!;
    const isRange = chars[i] === "-" && i + 1 < chars.length && chars[i + 1] !== "]";
    if (isRange) i++;
    const last = isRange ? next()! : first;
    const [low, high] = first.codePointAt(0)! > last.codePointAt(0)! ? [last, first] : [first, last];
    source += `${itself(low)}-${itself(high)}`;
  }
  if (i >= chars.length) {
    throw new InvalidArgumentError('The pattern has a "[" without a "]": write "\\[" for the character itself.');
  }
  return { source: `[${isNegated ? "^" : ""}${source}]`, end: i + 1 };
}
