import type { Coverage } from "../coverage";
import { faultNames } from "../faults/catalog";
import { states } from "../process/course";

/** How often each kind of fault met each state of a call, as a table of text. */
export function coverageTable(coverage: Coverage): string {
  const width = Math.max(...faultNames.map((name) => name.length));
  const columns = states.map((state) => Math.max(state.length, 6));
  const line = (name: string, cells: readonly string[]) =>
    `${name.padEnd(width)}  ${cells.map((cell, i) => cell.padStart(columns[i]!)).join("  ")}`;
  return [
    line("", states),
    ...faultNames.map((fault) =>
      line(
        fault,
        states.map((state) => String(coverage.count(fault, state))),
      ),
    ),
  ].join("\n");
}

/** The pairs that no run has met yet. */
export const holes = (coverage: Coverage): string[] =>
  faultNames.flatMap((fault) =>
    states.filter((state) => coverage.count(fault, state) === 0).map((state) => `${fault} × ${state}`),
  );
