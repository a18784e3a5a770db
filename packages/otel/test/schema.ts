import { readFileSync } from "node:fs";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** The rows of the table of the README that has this heading in its first row. */
function rowsOf(first: string): string[][] {
  const lines = readme.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${first} |`));
  const rows: string[][] = [];
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith("|")) break;
    rows.push(
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
  }
  return rows;
}

const code = (cell = ""): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text!);

/** The names of the spans. */
export const spanNames: readonly string[] = rowsOf("span").flatMap(([name]) => code(name));

/** The type of each attribute. */
export const attributeTypes: ReadonlyMap<string, string> = new Map(
  rowsOf("attribute").flatMap(([name, type]) => code(name).map((each) => [each, type!] as const)),
);

/** The unit, the kind and the attributes of each metric. */
export const metrics: ReadonlyMap<string, { kind: string; unit: string; attributes: readonly string[] }> = new Map(
  rowsOf("name").map(([name, instrument, attributes]) => [
    code(name)[0]!,
    { kind: instrument!.split(",")[0]!, unit: code(instrument)[0]!, attributes: code(attributes) },
  ]),
);

/** The type of a value, as the README has it. */
export function typeOf(value: unknown): string {
  if (Array.isArray(value)) return `${typeof value[0]}[]`;
  return Number.isInteger(value) ? "int" : typeof value;
}
