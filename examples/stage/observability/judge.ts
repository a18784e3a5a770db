import type { HandOver } from "./hand-over";
import { agrees, type Row } from "./tally";

export interface Verdict {
  readonly good: boolean;
  readonly sentence: string;
}

/** Judges telemetry: good if it says what the workers say, and shows a hand-over between them. */
export function judge(rows: readonly Row[], handOver: HandOver | undefined): Verdict {
  const wrong = rows.find((row) => !agrees(row));
  if (wrong) {
    const { what, measured, counted = [] } = wrong;
    const sentence = `Telemetry is wrong: "${what.trim()}" is ${measured.join(" and ")}, and should be ${counted.join(" and ")}.`;
    return { good: false, sentence };
  }
  if (!handOver) {
    const sentence =
      "This shows too little: no lock was passed on between the processes; run it again, with more --calls.";
    return { good: false, sentence };
  }
  const sentence =
    "The metrics and the spans say what the workers counted themselves, and nothing is held or waits any more.";
  return { good: true, sentence };
}
