import { readFile, writeFile } from "node:fs/promises";

/** The folder of the bench. */
export const bench = new URL("../../", import.meta.url);

/** Replaces the text between the two marks of this name in a page of the bench. */
export async function writeBetweenMarks(page: string, name: string, body: string): Promise<void> {
  const file = new URL(page, bench);
  const text = await readFile(file, "utf8");
  const begin = `<!-- ${name}: written by pnpm bench -->`;
  const end = `<!-- end of ${name} -->`;
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`bench/${page} has lost the marks of ${name}: "${begin}" and "${end}"`);
  await writeFile(file, `${before}${begin}\n\n${body}\n\n${end}${after}`);
}
