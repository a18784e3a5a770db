/** Characters with which a key or a label could move the cursor, change colours, or reorder what a terminal shows. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const escapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f" };

/** A text as one line of a terminal: each character that a terminal obeys is written as an escape, such as `\u001b`. */
export const escaped = (text: string): string =>
  text.replace(unprintable, (char) => {
    const code = char.codePointAt(0)!.toString(16);
    return escapes[char] ?? (code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`);
  });
