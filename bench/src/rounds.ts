import type { ContestantId } from "./contestants";

/** What one contestant measured in its rounds, or why it could not. */
export type Measured<T> = { readonly rounds: readonly T[] } | { readonly failed: string };

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
  return Object.fromEntries(
    ids.map((id) => {
      const failed = failures.get(id);
      return [id, failed === undefined ? { rounds: results.get(id)! } : { failed }];
    }),
  );
}
