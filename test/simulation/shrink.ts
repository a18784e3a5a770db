import type { Plan } from "./plan";
import { type Result, run } from "./run";

/** A plan and its result. */
export interface Played {
  readonly plan: Plan;
  readonly result: Result;
}

/** How many runs the search may cost. */
const RUNS = 150;

/** Looks for a smaller plan that breaks the same rule: fewer faults, less time, fewer processes. */
export async function shrink(first: Played, onTry: (tries: number) => void): Promise<Played> {
  const { rule } = first.result.violations[0]!;
  let best = first;
  let tries = 0;

  /** Plays a plan, and keeps it if it still breaks the rule. */
  async function fails(plan: Plan): Promise<boolean> {
    if (tries >= RUNS) return false;
    onTry(++tries);
    const result = await run(plan);
    const violations = result.violations.filter((violation) => violation.rule === rule);
    if (violations.length === 0) return false;
    best = { plan, result: { ...result, violations } };
    return true;
  }

  async function fewerFaults(): Promise<void> {
    for (let size = Math.ceil(best.plan.faults.length / 2); size >= 1; size = size > 1 ? Math.ceil(size / 2) : 0) {
      for (let from = 0; from < best.plan.faults.length; ) {
        const { faults } = best.plan;
        const rest = [...faults.slice(0, from), ...faults.slice(from + size)];
        if (!(await fails({ ...best.plan, faults: rest }))) from += size;
      }
    }
  }

  async function lessTime(): Promise<void> {
    const last = best.plan.faults.at(-1)?.at ?? 0;
    for (const rage of [last + 100, last + 1_000, last + 5_000]) {
      const { scenario } = best.plan;
      if (rage < scenario.rage && (await fails({ ...best.plan, scenario: { ...scenario, rage: Math.ceil(rage) } })))
        return;
    }
  }

  async function fewerProcesses(): Promise<void> {
    for (let processes = 1; processes < best.plan.scenario.processes; processes++) {
      if (await fails({ ...best.plan, scenario: { ...best.plan.scenario, processes } })) return;
    }
  }

  await fewerFaults();
  await fewerProcesses();
  await lessTime();
  await fewerFaults();
  return best;
}
