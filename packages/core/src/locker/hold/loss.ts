/** How a lock was lost. */
export type LossCause =
  /** Its lease ended by the local clock. */
  | "lease ended"
  /** The same before its claim was extended to the ttl. */
  | "claim ended"
  /** The same because `maxHold` ends automatic extension. */
  | "maxHold reached"
  /** A reply said that the token does not hold the lock. */
  | "taken"
  /** A message said so. */
  | "forced out"
  /** Another key of the same lock was lost. */
  | "other key lost";

const texts: Readonly<Record<Exclude<LossCause, "lease ended">, string>> = {
  "claim ended": "the lease of its hand-over ended",
  "maxHold reached": "maxHold was reached",
  taken: "another client released or acquired it",
  "forced out": "it was forced out",
  "other key lost": "another key of the same lock was lost",
};

export const lossText = (cause: LossCause, ttl: number): string =>
  cause === "lease ended" ? `its lease of ${ttl} ms ended` : texts[cause];
