import Table from "cli-table3";
import pc from "picocolors";
import { agrees, type Row } from "./tally";

/** The numbers of the tally: those that the workers counted otherwise are red. */
export function listTally(rows: readonly Row[], workers: readonly string[]): string {
  const head = ["by telemetry", ...workers, "both", "the workers\ncounted"];
  const colAligns = head.map((_, column) => (column === 0 ? ("left" as const) : ("right" as const)));
  const style = { head: [], border: [], compact: true };
  const table = new Table({ head: head.map((text) => pc.bold(text)), colAligns, style });
  for (const row of rows) {
    const { what, measured, counted } = row;
    const sum = (numbers: readonly number[]) => String(numbers.reduce((a, b) => a + b, 0));
    const color = counted === undefined ? pc.dim : agrees(row) ? pc.green : pc.red;
    table.push([what, ...measured.map(String), sum(measured), color(counted ? sum(counted) : "–")]);
  }
  return table.toString();
}
