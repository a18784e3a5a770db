import type { AcquireReply } from "../driver/driver";
import type { Line } from "./heartbeats";
import { leaseEnd, now } from "../driver/lease";
import { CLAIM } from "../driver/times";
import type { Wait } from "./wait";

export type Queued = AcquireReply & { readonly status: "queued" };

/** What a waiter is told: the lock is its own until the deadline, or (if that has passed, or is 0) it has to ask again. */
export interface News {
  readonly status: "news";
  readonly fence: number;
  readonly deadline: number;
}

/** A request or a heartbeat of the waiter failed. */
export interface Failed {
  readonly status: "failed";
  readonly error: unknown;
}

/** Who is told. */
export type Told = Pick<Wait<News | Failed>, "tell" | "forget">;

const ASK_AGAIN = 0;

/** One token's place in a queue, from before its first request is sent. */
export class Waiter {
  /** For the next request; 0 before the first answer. */
  ticket = 0;
  /** The line of its key, once an answer said that it waits. */
  line: Line | undefined;
  /** When the request was sent that has the latest answer; before the first answer, when the first request was. */
  #heardAt = now();
  /** A grant that is later than that answer has a fence above it. */
  #floor = 0;
  #asking = true;

  constructor(
    readonly token: string,
    readonly wait: Told,
  ) {}

  /** A request is under way: only a grant is news. */
  asking(): void {
    this.#asking = true;
    this.wait.forget();
  }

  /**
   * A request that was sent at `sent` found the token waiting. Time and floor are those of one answer, the one to the latest
   * request, so that a floor from before the server's clock was set back is forgotten. An answer that was overtaken can only
   * make a grant void.
   */
  heard(sent: number, floor: number): void {
    if (sent < this.#heardAt) this.#floor = Math.max(this.#floor, floor);
    else {
      this.#heardAt = sent;
      this.#floor = floor;
    }
  }

  answered(sent: number, { ticket, floor }: Queued): void {
    this.#asking = false;
    this.ticket = ticket;
    this.heard(sent, floor);
  }

  /** By a message. A fence that is not above the floor is older than the last answer, which found the token waiting after all. */
  granted(fence: number, claim: number): void {
    if (fence > this.#floor) this.#tell(fence, leaseEnd(this.#heardAt, claim));
  }

  /** By the answer to a heartbeat that was sent at `sent`. */
  found(sent: number, fence: number): void {
    this.#tell(fence, fence === 0 ? ASK_AGAIN : leaseEnd(sent, CLAIM));
  }

  /** It is not in the queue. */
  missing(): void {
    this.#tell(0, ASK_AGAIN);
  }

  failed(error: unknown): void {
    if (!this.#asking) this.wait.tell({ status: "failed", error });
  }

  #tell(fence: number, deadline: number): void {
    if (!this.#asking || now() < deadline) this.wait.tell({ status: "news", fence, deadline });
  }
}
