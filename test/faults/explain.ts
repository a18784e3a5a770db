import type { RoundResult } from "./round";

const FEW = 5;

/** The faults that a round proved, and where to look. */
export function explain({ violations, folder }: RoundResult, seed: number): string {
  const lines = violations.slice(0, FEW).map(({ rule, why }) => `  ${rule}: ${why}`);
  const more = violations.length > FEW ? [`  and ${violations.length - FEW} more`] : [];
  return [
    `The round with seed ${seed} broke ${violations.length === 1 ? "a promise" : `${violations.length} promises`}:`,
    ...lines,
    ...more,
    `What its processes wrote down is in ${folder}.`,
  ].join("\n");
}
