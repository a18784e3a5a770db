import type { Counts } from "./counts";
import type { Scrape } from "./scrape";
import type { Span } from "./span";

/** The telemetry of one worker after its play, and its own counts. */
export interface Report {
  readonly worker: string;
  readonly scrape: Scrape;
  readonly spans: readonly Span[];
  /** The worker's own counts. */
  readonly counts: Counts;
}

/** One number, by telemetry and by the workers themselves. Each list has a number for each worker. */
export interface Row {
  readonly what: string;
  readonly measured: readonly number[];
  /** Absent where workers do not count it. */
  readonly counted?: readonly number[];
}

const calls =
  (outcome: string) =>
  ({ scrape }: Pick<Report, "scrape">) =>
    scrape.sum("distlock_acquire_duration_count", { distlock_outcome: outcome });

const LOST = "distlock_lock_lost_total";

/** The numbers of the metrics, beside the workers' own counts. */
export function tallyOf(reports: readonly Omit<Report, "spans">[]): Row[] {
  const measure = (
    what: string,
    measured: (report: Omit<Report, "spans">) => number,
    counted?: (counts: Counts) => number,
  ): Row => ({
    what,
    measured: reports.map(measured),
    ...(counted && { counted: reports.map(({ counts }) => counted(counts)) }),
  });
  const reasons = [...new Set(reports.flatMap(({ scrape }) => scrape.values(LOST, "distlock_lost_reason")))].sort();
  return [
    measure("granted", calls("granted"), ({ granted }) => granted),
    measure(
      "  handed over",
      ({ scrape }) => scrape.sum("distlock_acquire_duration_count", { distlock_handed_over: "true" }),
      (counts) => counts["handed over"],
    ),
    measure("busy", calls("busy"), ({ busy }) => busy),
    measure("timeout", calls("timeout"), ({ timeout }) => timeout),
    measure("failed", calls("failed"), ({ failed }) => failed),
    measure(
      "lost",
      ({ scrape }) => scrape.sum(LOST),
      ({ lost }) => lost,
    ),
    ...reasons.map((reason) =>
      measure(`  ${reason}`, ({ scrape }) => scrape.sum(LOST, { distlock_lost_reason: reason })),
    ),
    measure(
      "held now",
      ({ scrape }) => scrape.sum("distlock_lock_held"),
      () => 0,
    ),
    measure(
      "waiting now",
      ({ scrape }) => scrape.sum("distlock_waiter_count"),
      () => 0,
    ),
  ];
}

/** Whether telemetry and the workers agree on it. */
export const agrees = ({ measured, counted = measured }: Row): boolean =>
  measured.every((number, i) => number === counted[i]);
