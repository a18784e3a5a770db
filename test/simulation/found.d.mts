import type { ScenarioName } from "./scenario";

/** For each mutation: the scenario and the seed that found it last. */
export const found: Readonly<Record<string, readonly [scenario: ScenarioName, seed: number]>>;
