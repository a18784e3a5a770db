// Tested by packages/core/test/hold.test.ts, test/holding/stolen.test.ts
import type { ForcedOut } from "../../driver/driver";

/*
 * How a lock can be lost, as the error says it.
 */

/** The lease ended by the local clock. */
export const leaseEnded = (ttl: number) => `its lease of ${ttl} ms ended` as const;
/** The lease ended before the claim of a hand-over was extended to the ttl. */
export const CLAIM_ENDED = "the lease of its hand-over ended";
/** The lease ended because `maxHold` ends automatic extension. */
export const MAX_HOLD_REACHED = "maxHold was reached";
/** A reply said that the token does not hold the lock. */
export const TAKEN = "another client released or acquired it";
/** A message said that the lock was forced out. */
export const FORCED_OUT = "it was forced out";

/** The loss that a reply reports, and its reason. */
export const lossIn = (reply: "lost" | ForcedOut): [cause: LossCause, reason?: string] =>
  reply === "lost" ? [TAKEN] : [FORCED_OUT, reply.reason];

export type LossCause =
  | ReturnType<typeof leaseEnded>
  | typeof CLAIM_ENDED
  | typeof MAX_HOLD_REACHED
  | typeof TAKEN
  | typeof FORCED_OUT;
