import type { ContestantId } from "../contestants/contestants";

/** The rounds of one contestant, and the failure that ended them early. */
export interface Measured<T> {
  readonly rounds: readonly T[];
  readonly failed?: string | undefined;
}

export type Results<Id extends string, T> = Partial<Record<Id, Measured<T>>>;
export type ByContestant<T> = Results<ContestantId, T>;

/** Runs A B C A B C …, so that other work on the machine meets all alike. A contestant that fails once is not run again. */
export async function interleave<Id extends string, T>(
  ids: readonly Id[],
  rounds: number,
  run: (id: Id, round: number) => Promise<T>,
): Promise<Results<Id, T>> {
  const results = new Map<Id, T[]>(ids.map((id) => [id, []]));
  const failures = new Map<Id, string>();
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
  const all = ids.map((id) => [id, { rounds: results.get(id)!, failed: failures.get(id) }]);
  return Object.fromEntries(all) as Results<Id, T>;
}
