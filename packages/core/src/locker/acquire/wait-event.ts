// Tested by packages/core/test/strategies.test.ts
import type { Grant } from "../grant";
import type { Failed, Push } from "../queue/waiter";
import type { Candidate } from "./candidate";
import type { Reply } from "./request";

/** What a waiting call reads from its mailbox. `"rested"`: a pause is over. `"unanswered"`: a request had no reply for long. */
export type WaitEvent = Reply | Push | Failed | { readonly status: "rested" | "unanswered" };

/**
 * Decides what to do about an event: returns the grant, or makes the candidate go on, or throws why the wait is over.
 */
export type Strategy = (candidate: Candidate, event: WaitEvent) => Grant | undefined;
