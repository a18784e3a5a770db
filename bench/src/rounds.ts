import type { ContestantId } from "./contestants";

/** What one contestant measured in its rounds, and why there are no more of them. */
export interface Measured<T> {
  readonly rounds: readonly T[];
  readonly failed?: string | undefined;
}

export type ByContestant<T> = Partial<Record<ContestantId, Measured<T>>>;

/** Runs A B C A B C …, so that what else the machine does meets all alike. Who fails once is not run again. */
export async function interleave<T>(
  ids: readonly ContestantId[],
  rounds: number,
  run: (id: ContestantId, round: number) => Promise<T>,
): Promise<ByContestant<T>> {
  const results = new Map<ContestantId, T[]>(ids.map((id) => [id, []]));
  const failures = new Map<ContestantId, string>();
  for (let round = 0; round < rounds; round++) {
    for (const id of ids) {
      if (failures.has(id)) continue;
      try {
        results.get(id)!.push(await run(id, round));
      } catch (error) {
        failures.set(id, (error as Error).message);
      }
    }
  }
  return Object.fromEntries(ids.map((id) => [id, { rounds: results.get(id)!, failed: failures.get(id) }]));
}
