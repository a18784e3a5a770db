import { median, medianAbsoluteDeviation } from "simple-statistics";
import type { ContestantId } from "../contestants/contestants";
import type { ByContestant, Measured, Results } from "../measure/rounds";

/** The median of one number over all rounds, and its median deviation. */
export function typical<T>(measured: Measured<T> | undefined, pick: (round: T) => number) {
  const values = measured?.rounds.map(pick) ?? [];
  if (values.length === 0) return undefined;
  return { value: median(values), deviation: medianAbsoluteDeviation(values) };
}

/** The median over the rounds of one contestant's number divided by another's in the same round. */
export function ratio<Id extends string, T>(
  results: Results<Id, T>,
  [id, other]: readonly [Id, Id],
  pick: (round: T) => number,
): number | undefined {
  const against = results[other]?.rounds ?? [];
  const ratios = (results[id]?.rounds ?? [])
    .slice(0, against.length)
    .map((round, i) => pick(round) / pick(against[i]!));
  return ratios.length === 0 ? undefined : median(ratios);
}

export const idsOf = <T>(results: ByContestant<T>): ContestantId[] => Object.keys(results) as ContestantId[];
