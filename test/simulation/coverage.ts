import { type FaultName, faultNames } from "./faults/catalog";
import { type State, states } from "./process/course";

/** How often each kind of fault met each state of a call. */
export interface Coverage {
  met(fault: FaultName, states: ReadonlySet<State>): void;
  add(other: Coverage): void;
  count(fault: FaultName, state: State): number;
}

export function createCoverage(): Coverage {
  const counts = new Map<string, number>();
  const nameOf = (fault: FaultName, state: State) => `${fault}/${state}`;
  const coverage: Coverage = {
    met(fault, met) {
      for (const state of met) counts.set(nameOf(fault, state), coverage.count(fault, state) + 1);
    },
    add(other) {
      for (const fault of faultNames) {
        for (const state of states) {
          const more = other.count(fault, state);
          if (more > 0) counts.set(nameOf(fault, state), coverage.count(fault, state) + more);
        }
      }
    },
    count: (fault, state) => counts.get(nameOf(fault, state)) ?? 0,
  };
  return coverage;
}
