import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { draw } from "./picture";
import type { Result } from "./result";
import { forMarkdown, type Table } from "./table";

const bench = new URL("../../", import.meta.url);
const readme = new URL("README.md", bench);

/** One of those that have files, and a place in the README, of their own. */
export interface Report {
  readonly name: "result" | "memory" | "waiting";
  readonly result: Result;
  readonly tables: readonly Table[];
}

export const describe = ({ machine, command }: Result): string => {
  const { date, cpu, cores, system, load, redis, node, versions } = machine;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${date}, ${cpu}, ${cores} cores, ${system}, load before the run ${load.toFixed(2)}`,
    `Redis ${redis}, Node ${node}, ${packages.join(", ")}`,
    `Command: ${command}`,
  ].join("\n");
};

async function writeReadme({ name, result, tables }: Report): Promise<void> {
  const text = await readFile(readme, "utf8");
  const begin = `<!-- ${name}: written by pnpm bench -->`;
  const end = `<!-- end of ${name} -->`;
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`bench/README.md has lost the marks between which the ${name} belongs`);
  const facts = describe(result).replaceAll("\n", "  \n");
  const body = [facts, `![The ${name} as bars](results/${name}.svg)`, ...tables.map(forMarkdown)].join("\n\n");
  await writeFile(readme, `${before}${begin}\n\n${body}\n\n${end}${after}`);
}

/** Writes picture and numbers, and the README where all of the report was measured; gives where. */
export async function writeReport(report: Report, full: boolean): Promise<string> {
  const { name, result } = report;
  const folder = new URL(full ? "results/" : "results/partial/", bench);
  await mkdir(folder, { recursive: true });
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(result, undefined, 1)}\n`);
  await writeFile(new URL(`${name}.svg`, folder), await draw(result));
  if (full) await writeReadme(report);
  return fileURLToPath(folder);
}
