import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { draw } from "./picture";
import type { Result } from "./result";
import { forMarkdown, type Table } from "./table";
import { bench, writeBetweenMarks } from "./write-between-marks";

/** A report has files of its own, and a place in the README of the results. */
export interface Report {
  readonly name: "result" | "memory" | "waiting" | "observing";
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
  const facts = describe(result).replaceAll("\n", "  \n");
  const body = [facts, `![The ${name} as bars](${name}.svg)`, ...tables.map(forMarkdown)].join("\n\n");
  await writeBetweenMarks("results/README.md", name, body);
}

/** Writes picture and numbers, and the README of the results if all of the report was measured; returns the folder. */
export async function writeReport(report: Report, full: boolean): Promise<string> {
  const { name, result } = report;
  const folder = new URL(full ? "results/" : "results/partial/", bench);
  await mkdir(folder, { recursive: true });
  await writeFile(new URL(`${name}.json`, folder), `${JSON.stringify(result, undefined, 1)}\n`);
  await writeFile(new URL(`${name}.svg`, folder), await draw(result));
  if (full) await writeReadme(report);
  return fileURLToPath(folder);
}
