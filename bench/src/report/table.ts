import CliTable from "cli-table3";

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const align = (column: number) => (column === 0 ? ("left" as const) : ("right" as const));

export function forTerminal({ title, head, rows }: Table): string {
  const table = new CliTable({
    head: [...head],
    colAligns: head.map((_, column) => align(column)),
    style: { head: [], border: [], compact: true },
    colWidths: [],
    wordWrap: true,
  });
  table.push(...rows.map((row) => [...row]));
  return `\n${title}\n${table}`;
}

export function forMarkdown({ title, head, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("\n", " ")).join(" | ")} |`;
  const rule = head.map((_, column) => (align(column) === "left" ? "---" : "---:"));
  return [`**${title}**`, "", line(head), line(rule), ...rows.map(line)].join("\n");
}

/** Three significant digits, whole numbers from 100 on. */
export function show(value: number | undefined): string {
  if (value === undefined) return "–";
  if (value === 0 || Math.abs(value) >= 100) return Math.round(value).toLocaleString("en").replaceAll(",", " ");
  return String(Number(value.toPrecision(3)));
}
