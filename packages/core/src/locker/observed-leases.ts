// Tested by packages/core/test/observe-leases.test.ts
import { LockLostError } from "../driver/errors";
import { leaseEnd, now } from "../driver/lease";
import { isObserved, observed } from "../driver/observe/observed";
import type { AcquireOperation, ExtendOperation, Open, ReleaseOperation } from "../driver/observe/operation";
import { createAlarm } from "./alarm";
import { beginHold, type HoldWatch, reportLoss } from "./hold/hold-watch";
import { type LossCause, leaseEnded, TAKEN } from "./hold/loss";
import type { Leases } from "./leases";

/** The hold of a lease, as far as the calls of this process show it. */
class LeaseHold {
  readonly heldSince = now();
  watch: HoldWatch | undefined;

  constructor(
    readonly key: string,
    readonly fence: number,
    public ttl: number,
    public deadline: number,
  ) {
    beginHold(this, [this], {}, () => {});
  }

  watchedBy(watch: HoldWatch): void {
    this.watch = watch;
  }

  lost(cause: LossCause): void {
    reportLoss(this, cause, new LockLostError(this.key, cause));
  }
}

/** The holds of leases that were granted while somebody looked. */
function createHolds() {
  const holds = new Map<string, LeaseHold>();
  const nameOf = (key: string, token: string): string => JSON.stringify([key, token]);

  const alarm = createAlarm(() => {
    const time = now();
    let next = Number.POSITIVE_INFINITY;
    for (const [name, hold] of holds) {
      if (hold.deadline > time) next = Math.min(next, hold.deadline);
      else {
        holds.delete(name);
        hold.lost(leaseEnded(hold.ttl));
      }
    }
    alarm.by(next);
  }, false);

  function take(key: string, token: string): LeaseHold | undefined {
    const hold = holds.get(nameOf(key, token));
    holds.delete(nameOf(key, token));
    return hold;
  }

  return {
    granted(key: string, token: string, fence: number, ttl: number, sent: number): void {
      if (holds.has(nameOf(key, token))) {
        this.extended(key, token, ttl, sent);
        return;
      }
      const hold = new LeaseHold(key, fence, ttl, leaseEnd(sent, ttl));
      if (!hold.watch) return;
      holds.set(nameOf(key, token), hold);
      alarm.by(hold.deadline);
    },
    extended(key: string, token: string, ttl: number, sent: number): void {
      const hold = holds.get(nameOf(key, token));
      if (!hold) return;
      hold.ttl = ttl;
      hold.deadline = Math.max(hold.deadline, leaseEnd(sent, ttl));
    },
    ended: (key: string, token: string, how: "released" | "transferred") => take(key, token)?.watch?.partEnded(how),
    lost: (key: string, token: string) => take(key, token)?.lost(TAKEN),
    leftOf(key: string, token: string): number | undefined {
      const hold = holds.get(nameOf(key, token));
      return hold && Math.max(0, hold.deadline - now());
    },
  };
}

const isGranted = (
  reply: { readonly status: string } | { readonly status: "granted"; readonly fence: number },
): reply is { readonly status: "granted"; readonly fence: number } => reply.status === "granted";

/** Returns the leases, seen by those who look. Bad input is left to the leases themselves. */
export function observedLeases(leases: Leases): Leases {
  const holds = createHolds();

  /** Asks for a lock: by `acquire`, or by `transfer` for another token. */
  async function grant<T extends { readonly status: string }>(
    { key, token, ttl }: { readonly key: string; readonly token: string; readonly ttl: number },
    ask: () => Promise<T>,
  ): Promise<T> {
    const operation: Open<AcquireOperation> = {
      name: "acquire",
      call: "lease",
      keys: [key],
      ttl,
      timeout: 0,
      wait: "once",
      outcome: "failed",
      attempts: 1,
      ahead: 0,
      handedOver: false,
    };
    const sent = now();
    const reply = await observed(operation, ask, {
      done(reply) {
        operation.waited = now() - sent;
        operation.outcome = reply.status === "granted" ? "granted" : "busy";
        if (isGranted(reply)) operation.fences = [reply.fence];
      },
    });
    // The hold is not a part of the acquire.
    if (isGranted(reply)) holds.granted(key, token, reply.fence, ttl, sent);
    return reply;
  }

  return {
    ...leases,

    acquire: (request) =>
      isObserved("acquire") ? grant(request, () => leases.acquire(request)) : leases.acquire(request),

    async transfer(request) {
      if (!isObserved("acquire")) return leases.transfer(request);
      const { key, from, to, ttl } = request;
      const reply = await grant({ key, token: to, ttl }, () => leases.transfer(request));
      if (reply.status === "lost") holds.lost(key, from);
      else if (reply.status === "granted") holds.ended(key, from, "transferred");
      return reply;
    },

    async extend(request) {
      if (!isObserved("extend")) return leases.extend(request);
      const { key, token, ttl } = request;
      const operation: Open<ExtendOperation> = {
        name: "extend",
        keys: [key],
        ttl,
        automatic: false,
        locks: 1,
        outcome: "failed",
      };
      const sent = now();
      return observed(operation, () => leases.extend(request), {
        done(reply) {
          const left = holds.leftOf(key, token);
          if (left !== undefined) operation.left = left;
          operation.outcome = reply;
          if (reply === "held") holds.extended(key, token, ttl, sent);
          else holds.lost(key, token);
        },
      });
    },

    async release(request) {
      if (!isObserved("release")) return leases.release(request);
      const { key, token } = request;
      const operation: Open<ReleaseOperation> = { name: "release", keys: [key], outcome: "failed" };
      return observed(operation, () => leases.release(request), {
        done(reply) {
          operation.outcome = reply;
          if (reply === "released") holds.ended(key, token, "released");
          else holds.lost(key, token);
        },
      });
    },
  };
}
