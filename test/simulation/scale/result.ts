import type { Recovery } from "./recovery";
import type { Calm, Size } from "./scene";

/** What was measured, with the command that measures it again. */
export interface Result {
  readonly command: string;
  readonly seed: number;
  readonly calm: readonly Calm[];
  readonly recoveries: readonly (Recovery & Size)[];
}

/** One hot key, and many keys. */
export const sizes = {
  "hot-10": { processes: 10, keys: 1 },
  "hot-100": { processes: 100, keys: 1 },
  "hot-1000": { processes: 1_000, keys: 1 },
  "hot-10000": { processes: 10_000, keys: 1 },
  "keys-10000": { processes: 1_000, keys: 10_000 },
  "keys-100000": { processes: 1_000, keys: 100_000 },
} as const satisfies Record<string, Size>;
export type SizeName = keyof typeof sizes;

/** The sizes on the page. The others take too long to be measured each time. */
export const onPage: readonly SizeName[] = ["hot-10", "hot-100", "hot-1000", "hot-10000", "keys-10000"];

export const isSame = (a: Size, b: Size): boolean => a.processes === b.processes && a.keys === b.keys;

/** The rows of both, in the order of the sizes. A row of `newer` takes the place of the row of its size. */
export function merged<Row extends Size>(older: readonly Row[], newer: readonly Row[]): Row[] {
  const rows = [...older.filter((row) => !newer.some((other) => isSame(row, other))), ...newer];
  return rows.sort((a, b) => a.keys - b.keys || a.processes - b.processes);
}

/** Rounds all numbers to four digits, so that the file can be read. */
export const rounded = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value, (_, one) => (typeof one === "number" ? Number(one.toPrecision(4)) : one))) as T;
