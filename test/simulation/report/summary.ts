import { createCoverage } from "../coverage";
import { faultNames } from "../faults/catalog";
import { states } from "../process/course";
import type { Result } from "../run";
import { coverageTable, holes } from "./coverage-table";

/** Adds up the results of the runs. */
export interface Summary {
  readonly seeds: number;
  add(result: Result): void;
  /** One line about all runs so far. */
  line(): string;
  /** How many pairs of a fault and a state were met. With `whole`, also the table of all pairs. */
  coverage(whole: boolean): string;
}

export function createSummary(): Summary {
  const began = performance.now();
  const coverage = createCoverage();
  let [seeds, simulated, grants, faults] = [0, 0, 0, 0];

  return {
    get seeds() {
      return seeds;
    },
    add(result) {
      seeds++;
      simulated += result.simulated / 1_000;
      grants += result.counts.granted ?? 0;
      faults += result.counts.fault ?? 0;
      coverage.add(result.coverage);
    },
    line() {
      const seconds = (performance.now() - began) / 1_000;
      const speed = `${(seeds / seconds).toFixed(1)} seeds and ${(simulated / seconds).toFixed(0)} simulated seconds per second`;
      return `${seeds} seeds, ${(simulated / 3_600).toFixed(1)} simulated hours, ${grants} grants, ${faults} faults (${speed})`;
    },
    coverage(whole) {
      const missed = holes(coverage);
      const all = faultNames.length * states.length;
      const said = `${all - missed.length} of ${all} pairs of a fault and a state of a call were met`;
      if (whole) return `${coverageTable(coverage)}\n\n${said}${missed.map((hole) => `\n  not met: ${hole}`).join("")}`;
      return said;
    },
  };
}
