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
function classAt(chars: readonly string[], start: number): Omit<Part, "loose"> {
  const isNegated = chars[start] === "^";
  let source = "";
  let i = isNegated ? start + 1 : start;
  while (i < chars.length && chars[i] !== "]") {
    const member = memberAt(chars, i);
    source += member.source;
    i = member.end;
  }
  if (i >= chars.length) {
    throw new InvalidArgumentError('The pattern has a "[" without a "]": write "\\[" for the character itself.');
  }
  return { source: `[${isNegated ? "^" : ""}${source}]`, end: i + 1 };
}

/** Reads a member of a class as Redis does: a `\` quotes a character, but not the end of a range. */
function memberAt(chars: readonly string[], i: number): Omit<Part, "loose"> {
  const [first, second, third] = chars.slice(i, i + 3) as [string, ...string[]];
  if (first === "\\" && second !== undefined) return { source: itself(second), end: i + 2 };
  if (second === "-" && third !== undefined) return { source: range(first, third), end: i + 3 };
  return { source: itself(first), end: i + 1 };
}

const range = (a: string, b: string): string => {
  const [low, high] = a.codePointAt(0)! > b.codePointAt(0)! ? [b, a] : [a, b];
  return `${itself(low)}-${itself(high)}`;
};
