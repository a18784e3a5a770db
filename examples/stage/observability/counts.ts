/** What calls may come to. A lock that is lost was granted before. */
export const outcomes = ["granted", "handed over", "busy", "timeout", "failed", "lost"] as const;
export type Outcome = (typeof outcomes)[number];

export type Counts = Record<Outcome, number>;

export const noCounts = (): Counts => ({ granted: 0, "handed over": 0, busy: 0, timeout: 0, failed: 0, lost: 0 });
