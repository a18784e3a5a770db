import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { draw } from "./picture";
import type { Result } from "./result";
import { forMarkdown, type Table } from "./table";

const bench = new URL("../", import.meta.url);
const readme = new URL("README.md", bench);

/** Where the README carries the result of the last full run. */
const BEGIN = "<!-- result: written by pnpm bench -->";
const END = "<!-- end of result -->";

export const describe = ({ machine, command }: Result): string => {
  const { date, cpu, cores, system, load, redis, node, versions } = machine;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${date}, ${cpu}, ${cores} cores, ${system}, load before the run ${load.toFixed(2)}`,
    `Redis ${redis}, Node ${node}, ${packages.join(", ")}`,
    `Command: ${command}`,
  ].join("\n");
};

async function writeReadme(result: Result, tables: readonly Table[]): Promise<void> {
  const text = await readFile(readme, "utf8");
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error("bench/README.md has lost the marks between which the result belongs");
  const facts = describe(result).replaceAll("\n", "  \n");
  const body = [facts, "![The result as bars](results/result.svg)", ...tables.map(forMarkdown)].join("\n\n");
  await writeFile(readme, `${before}${BEGIN}\n\n${body}\n\n${END}${after}`);
}

/** Writes picture and numbers, and the README after a full run; gives where. */
export async function writeResult(result: Result, tables: readonly Table[], full: boolean): Promise<string> {
  const folder = new URL(full ? "results/" : "results/partial/", bench);
  await mkdir(folder, { recursive: true });
  await writeFile(new URL("result.json", folder), `${JSON.stringify(result, undefined, 1)}\n`);
  await writeFile(new URL("result.svg", folder), await draw(result));
  if (full) await writeReadme(result, tables);
  return fileURLToPath(folder);
}
