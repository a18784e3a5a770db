import { leaseEnd } from "../../driver/lease";
import { extensionDue, type LeaseTerms, planExtension, retryDue } from "./lease-schedule";

/** The lease of a held lock: when it ends, when to extend it, and which extensions have no reply yet. */
export class Lease implements LeaseTerms {
  readonly ttl: number;
  readonly autoExtend: boolean;
  readonly maxHoldAt: number;
  /** When it ends: the latest end that the server has acknowledged. */
  deadline: number;
  /** Whether it is still the claim of a hand-over. */
  claimed: boolean;
  /** When to extend it, `Infinity` for never. */
  extendAt: number;
  /** Whether the last extension was cut by `maxHold`. */
  maxHoldReached = false;
  /** How many extensions have no reply yet. */
  unanswered = 0;
  /** When the first of them was sent, if no reply came since. */
  unansweredSince: number | undefined;

  /** `time` is the time of the grant. */
  constructor(
    { deadline, claimed }: { readonly deadline: number; readonly claimed: boolean },
    { ttl, autoExtend, maxHold }: { readonly ttl: number; readonly autoExtend: boolean; readonly maxHold: number },
    time: number,
  ) {
    this.ttl = ttl;
    this.autoExtend = autoExtend;
    this.maxHoldAt = autoExtend ? time + maxHold : Infinity;
    this.deadline = deadline;
    this.claimed = claimed;
    this.extendAt = claimed ? time : extensionDue(this, deadline - ttl);
  }

  /** An extension is due. Returns the ttl to ask for, or 0 to ask for nothing; sets `extendAt` anew. */
  plan(time: number): number {
    const { ttl, nextAt } = planExtension(this, time, this.deadline);
    this.extendAt = nextAt;
    if (ttl === 0) this.claimed = false;
    else {
      this.maxHoldReached = ttl < this.ttl;
      this.asked(time);
    }
    return ttl;
  }

  /** An extension was sent. */
  asked(time: number): void {
    this.unanswered++;
    this.unansweredSince ??= time;
  }

  /** An extension was answered, or failed. */
  answered(): void {
    this.unanswered--;
    this.unansweredSince = undefined;
  }

  /** The server granted `ttl` ms to an extension that was sent at `sent`. */
  acknowledged(sent: number, ttl: number): void {
    this.deadline = Math.max(this.deadline, leaseEnd(sent, ttl));
  }

  /** Sets when to extend it after such a reply. Returns false if the extension to the whole ttl is still due. */
  schedule(sent: number, ttl: number): boolean {
    if (ttl < this.ttl && !this.maxHoldReached) return false;
    this.claimed = false;
    this.extendAt = extensionDue(this, Math.max(sent, this.deadline - this.ttl));
    return true;
  }

  /** An extension failed. */
  failed(time: number): void {
    this.answered();
    this.extendAt = Math.min(this.extendAt, retryDue(this, time));
  }
}
