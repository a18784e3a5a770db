/** A text of a manual page: nothing in it is an instruction of roff. Hyphens stay hyphens, so that options can be copied. */
export const roff = (text: string): string =>
  text
    .replace(/\\/g, "\\e")
    .replace(/-/g, "\\-")
    .replace(/^(['.])/gm, "\\&$1")
    .replace(/[^\n -~]/gu, (char) => `\\[u${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}]`);

export const bold = (text: string): string => `\\fB${roff(text)}\\fR`;
export const italic = (text: string): string => `\\fI${roff(text)}\\fR`;

export const section = (title: string): string => `.SH ${title}`;
export const subsection = (title: string): string => `.SS ${roff(title)}`;

/** A text in short lines: mandoc warns of long ones. */
export const filled = (text: string): string =>
  roff(
    text
      .replace(/\s+/g, " ")
      .replace(/(.{1,72})( |$)/g, "$1\n")
      .trimEnd(),
  );

/** A term, and what it means. */
export const item = (term: string, text: string): string => `.TP\n${term}\n${filled(text)}`;

export const paragraph = (text: string): string => `.PP\n${text}`;

/** Lines that stay as they are. */
export const verbatim = (text: string): string => `.PP\n.nf\n${roff(text)}\n.fi`;

/** `-w, --wait <duration>` with names in bold, and the value in italics. */
export const flags = (text: string): string =>
  text
    .split(/(<[^>]+>|\[[^\]]+\]|,? )/)
    .filter((part) => part !== "")
    .map((part) => (part.startsWith("-") ? bold(part) : /^[<[]/.test(part) ? italic(part) : roff(part)))
    .join("");
