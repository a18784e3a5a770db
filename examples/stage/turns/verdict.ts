import type { Run } from "./run";

export interface Verdict {
  readonly good: boolean;
  readonly sentence: string;
}

/** Judges the two runs: good if the run with the lock kept everything, and the run without it did not. */
export function judge(withoutLock: Run, locked: Run): Verdict {
  if (locked.lost > 0 || locked.mixed > 0) {
    const sentence = `LockedMemory failed: of ${locked.written} turns ${locked.lost} were lost and ${locked.mixed} interleaved or out of order.`;
    return { good: false, sentence };
  }
  if (withoutLock.lost === 0) {
    const sentence = "This proves nothing: the run without lock lost no turn either; run it again, with more --turns.";
    return { good: false, sentence };
  }
  const damage = `${withoutLock.lost} of ${withoutLock.written} turns were lost`;
  const sentence = `Without a lock ${damage}; with LockedMemory all ${locked.written} are there, whole and in order.`;
  return { good: true, sentence };
}
