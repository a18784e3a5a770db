import { between, randomOf } from "./engine/random";
import { type FaultName, faultNames } from "./faults/catalog";
import type { Scenario } from "./scenario";

/** One fault of a run. Its random numbers depend on its number: they stay the same when other faults are taken away. */
export interface PlannedFault {
  readonly number: number;
  readonly at: number;
  readonly name: FaultName;
}

/** Everything that is decided before a run. */
export interface Plan {
  /** Whether habits are checked, too. */
  readonly isStrict?: boolean;
  readonly seed: number;
  readonly scenario: Scenario;
  readonly faults: readonly PlannedFault[];
}

/** Spreads the faults over the time in which they happen. Each kind is planned as often as the others. */
export function planOf(seed: number, scenario: Scenario): Plan {
  const { faultEvery, rage, faults: names = faultNames } = scenario;
  if (faultEvery === 0) return { seed, scenario, faults: [] };
  const random = randomOf(seed, "plan");
  const count = Math.floor(rage / faultEvery);
  const chosen: FaultName[] = [];
  while (chosen.length < count) chosen.push(...random.shuffled(names));
  const times = Array.from({ length: count }, () => between(random, 0, rage)).sort((a, b) => a - b);
  return { seed, scenario, faults: times.map((at, number) => ({ number, at, name: chosen[number]! })) };
}
