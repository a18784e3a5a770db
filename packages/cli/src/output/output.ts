/** Writes one line of data to standard output, for people or for programs. */
export const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Writes one object as a line of JSON. Other characters than ASCII's printable ones within texts are escaped where a terminal would obey them. */
export const printJson = (value: object): void => print(toJson(value));

/** JSON with the same values, in which nothing makes a terminal move. `JSON.stringify` escapes only the first 32. */
export const toJson = (value: object): string =>
  JSON.stringify(value).replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (char) =>
    [...Array(char.length).keys()].map((i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, "0")}`).join(""),
  );

/** Writes what is not data: progress, notes and warnings. */
export const note = (line: string): void => void process.stderr.write(`distlock: ${line}\n`);
