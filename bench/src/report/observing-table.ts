import type { CycleRound } from "../measure/cycle";
import { PARALLEL } from "../measure/cycle";
import { type ObservingMode, type ObservingResults, observingClients, observingModes } from "../measure/observing";
import { ratio, typical } from "./summary";
import { show, type Table } from "./table";

export const observingTitles: Readonly<Record<ObservingMode, string>> = {
  without: "a build without observers",
  off: "nobody looks",
  traces: "the program traces its requests, and nobody looks",
  telemetry: "it has spans and metrics of locks, too",
};

/** With what each mode is compared. */
export const observingBase: Readonly<Record<ObservingMode, ObservingMode>> = {
  without: "without",
  off: "without",
  traces: "traces",
  telemetry: "traces",
};

const columns: readonly (readonly [head: string, pick: (round: CycleRound) => number])[] = [
  ["one key", ({ sequential }) => sequential],
  [`${PARALLEL} keys at once`, ({ parallel }) => parallel],
];

/** Medians; ratios are medians of the rounds' ratios. */
export const observingTable = (results: ObservingResults): Table => ({
  title: "What observers cost: cycles/s, and the speed of each pair",
  head: ["", ...columns.flatMap(([head]) => [`${head},\ncycles/s`, `${head},\nof the first`])],
  rows: observingClients.flatMap((client) =>
    observingModes.map((mode) => [
      `${observingTitles[mode]} (${client})`,
      ...columns.flatMap(([, pick]) => [
        show(typical(results[client][mode], pick)?.value),
        show(ratio(results[client], [mode, observingBase[mode]], pick)),
      ]),
    ]),
  ),
});
