import type { CycleRound } from "../measure/cycle";
import { PARALLEL } from "../measure/cycle";
import { type ObservingMode, type ObservingResults, observingClients, observingModes } from "../measure/observing";
import { ratio, typical } from "./summary";
import { show, type Table } from "./table";

export const observingTitles: Readonly<Record<ObservingMode, string>> = {
  without: "a build without observers",
  off: "nobody looks",
  telemetry: "spans and metrics, with exporters that drop them",
};

const columns: readonly (readonly [head: string, pick: (round: CycleRound) => number])[] = [
  ["one key", ({ sequential }) => sequential],
  [`${PARALLEL} keys at once`, ({ parallel }) => parallel],
];

/** Medians; ratios are medians of the rounds' ratios. */
export const observingTable = (results: ObservingResults): Table => ({
  title: "What observers cost: cycles/s, and of a build without observers",
  head: ["", ...columns.flatMap(([head]) => [`${head},\ncycles/s`, `${head},\nof without`])],
  rows: observingClients.flatMap((client) =>
    [...observingModes]
      .sort((a, b) => Object.keys(observingTitles).indexOf(a) - Object.keys(observingTitles).indexOf(b))
      .map((mode) => [
        `${observingTitles[mode]} (${client})`,
        ...columns.flatMap(([, pick]) => [
          show(typical(results[client][mode], pick)?.value),
          show(ratio(results[client], [mode, "without"], pick)),
        ]),
      ]),
  ),
});
