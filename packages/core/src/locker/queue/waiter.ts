// Tested by packages/core/test/strategies.test.ts, test/waiting/late.test.ts
import type { AcquireReply, Contention } from "../../driver/driver";
import { leaseEnd, now } from "../../driver/lease";
import { CLAIM } from "../../driver/times";
import type { Line } from "./line";
import type { PlaceReport } from "./place-report";

export type Queued = AcquireReply & { readonly status: "queued" };

/** The lock is the waiter's own until the deadline. If that has passed, or is 0, the waiter has to ask again. */
export interface Push {
  readonly status: "push";
  readonly fence: number;
  readonly deadline: number;
}

/** A request or a heartbeat of the waiter failed. */
export interface Failed {
  readonly status: "failed";
  readonly error: unknown;
}

/** The part of a call's mailbox that its waiter writes to. */
export interface WaiterMailbox {
  post(event: Push | Failed): void;
  /** Drops the unread event. */
  clear(): void;
}

const ASK_AGAIN = 0;

/** One token's place in a queue, from before its first request is sent. */
export class Waiter {
  /** For the next request; 0 before the first reply. */
  ticket = 0;
  /** The line of its key, once a reply said that the token is queued. */
  line: Line | undefined;
  /** What the last heartbeat said of the holder and of the place, and when. */
  seen: { readonly contention: Contention; readonly at: number } | undefined;
  /**
   * When the latest request was sent whose reply says "queued"; before the first reply, when the token was made. This is `s`
   * in docs/internals/protocol.md.
   */
  #answeredSentAt = now();
  /** From the reply to that request: a later grant has a fence above this one. */
  #floor = 0;
  /** Whether a request is in flight. */
  #isAsking = true;

  constructor(
    readonly token: string,
    readonly mailbox: WaiterMailbox,
    readonly place: PlaceReport,
  ) {}

  /** A request is in flight: until its reply says "queued", only a grant is posted. */
  requestSent(): void {
    this.#isAsking = true;
    this.mailbox.clear();
  }

  /** The reply to a request that was sent at `sent` says that the token is queued. */
  enqueued(sent: number, { ticket, floor }: Queued): void {
    this.#isAsking = false;
    this.ticket = ticket;
    this.foundQueued(sent, floor);
  }

  /**
   * A request or a heartbeat that was sent at `sent` found the token in the queue. Time and floor come from one reply,
   * the reply to the latest request, so that a floor from before the server's clock was set back is forgotten. A reply
   * that was overtaken can only make a grant void.
   */
  foundQueued(sent: number, floor: number): void {
    if (sent < this.#answeredSentAt) this.#floor = Math.max(this.#floor, floor);
    else {
      this.#answeredSentAt = sent;
      this.#floor = floor;
    }
  }

  /**
   * A message granted the lock. A fence that is not above the floor is older than the last reply, which said "queued"
   * after all.
   */
  pushed(fence: number, claim: number): void {
    if (fence > this.#floor) this.#post(fence, leaseEnd(this.#answeredSentAt, claim));
  }

  /** The reply to a heartbeat that was sent at `sent` says that the token has the lock. */
  foundGranted(sent: number, fence: number): void {
    this.#post(fence, fence === 0 ? ASK_AGAIN : leaseEnd(sent, CLAIM));
  }

  /** The reply to a heartbeat says that the token is not in the queue. */
  foundMissing(): void {
    this.#post(0, ASK_AGAIN);
  }

  failed(error: unknown): void {
    if (!this.#isAsking) this.mailbox.post({ status: "failed", error });
  }

  #post(fence: number, deadline: number): void {
    if (!this.#isAsking || now() < deadline) this.mailbox.post({ status: "push", fence, deadline });
  }
}
