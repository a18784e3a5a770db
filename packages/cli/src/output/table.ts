import Table from "cli-table3";
import { cut, widthOf } from "./width";

export interface Column {
  readonly name: string;
  /** Where a text loses characters if the table is too wide. Absent: nowhere. */
  readonly cut?: "end" | "middle";
}

export interface Cell {
  readonly text: string;
  readonly paint?: ((text: string) => string) | undefined;
}

export interface TableOptions {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** How wide it may be. Absent: as wide as it is. */
  readonly width?: number | undefined;
  readonly paintHead: (text: string) => string;
}

const GAP = 2;
/** How narrow a column gets: some characters and the `…`. */
const NARROWEST = 6;

const sides = ["top", "bottom", "left", "right", "mid", "middle"];
const ends = ["top-mid", "top-left", "top-right", "bottom-mid", "bottom-left", "bottom-right", "left-mid", "mid-mid"];
const noLines = Object.fromEntries([...sides, ...ends, "right-mid"].map((name) => [name, ""]));

/** The lines of a table. */
export function table({ columns, rows, width, paintHead }: TableOptions): string[] {
  const heads = columns.map(({ name }): Cell => ({ text: name, paint: paintHead }));
  const all = [heads, ...rows];
  const widths = fit(
    columns.map((column, i) => ({ ...column, wide: widest(all, i) })),
    width,
  );
  const texts = all.map((row) =>
    row.map(({ text, paint = String }, i) => {
      const fitting = cut(text, widths[i]!, columns[i]!.cut);
      return fitting === "" ? "" : paint(fitting);
    }),
  );
  const lines = inParts(texts, AT_ONCE).flatMap((part) => draw(part, widths));
  return lines.map((line) => (width === undefined ? line.trimEnd() : cut(line.trimEnd(), width)));
}

/** The library needs far more than ten times as long for ten times as many rows. */
const AT_ONCE = 50;

function inParts<T>(all: readonly T[], size: number): (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

/** The lines of some rows. A row that is as wide as each column makes all parts of a table alike, and is left out. */
function draw(rows: readonly (readonly string[])[], widths: readonly number[]): string[] {
  const drawn = new Table({ chars: noLines, style: { head: [], border: [], "padding-left": 0, "padding-right": GAP } });
  drawn.push(
    widths.map((wide) => "-".repeat(wide)),
    ...rows.map((row) => [...row]),
  );
  return drawn.toString().split("\n").slice(1);
}

/** The width of the widest cell of a column. */
const widest = (rows: readonly (readonly Cell[])[], i: number): number =>
  rows.reduce((most, row) => Math.max(most, widthOf(row[i]!.text)), 0);

/** Shares the columns of the terminal among the columns that can be cut: a short one leaves the rest to the others. */
function fit(columns: readonly (Column & { readonly wide: number })[], width = Number.POSITIVE_INFINITY): number[] {
  const fixed = columns.reduce((sum, { cut, wide }) => sum + GAP + (cut ? 0 : wide), -GAP);
  let left = width - fixed;
  const flexible = columns.filter((column) => column.cut).sort((a, b) => a.wide - b.wide);
  const widths = new Map<string, number>();
  for (const [i, { name, wide }] of flexible.entries()) {
    const share = Math.min(wide, Math.max(Math.floor(left / (flexible.length - i)), NARROWEST));
    widths.set(name, share);
    left -= share;
  }
  return columns.map(({ name, wide }) => widths.get(name) ?? wide);
}
