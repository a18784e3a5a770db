// Tested by packages/core/test/leases.test.ts
import { noAnswer, type Verb } from "../driver/backend-error";
import type { Call } from "../driver/driver";
import { leaseEnd, now } from "../driver/lease";
import { ANSWER_TIMEOUT } from "../driver/with-timeout";
import { clientsFlushed } from "./clients-flushed";
import type { GiveUpToken } from "./give-up-token";
import { withDeadline } from "./with-deadline";

type LeaseResult = "held" | "lost" | { readonly status: string };

/** Sends a request for a lease of `ttl` ms. Rejects, too, if the reply comes after that lease is over. */
export async function requestLease<T extends LeaseResult>(
  verb: Verb,
  key: string,
  ttl: number,
  send: () => Promise<T>,
): Promise<T> {
  const sent = now();
  const patience = Math.min(ANSWER_TIMEOUT, ttl);
  const reply = await withDeadline(verb, key, send, patience);
  const isLeased = reply === "held" || (typeof reply === "object" && reply.status === "granted");
  if (isLeased && now() >= leaseEnd(sent, ttl)) throw noAnswer(key, verb, patience);
  return reply;
}

/** Requests that may grant a lock to a token that does not have it yet. */
interface GrantRequests {
  /** Sends a request that may grant a lease. If it rejects, the token is given up. */
  send<T extends { readonly status: string }>(
    verb: Verb,
    key: string,
    token: string,
    ttl: number,
    send: (call: Call) => Promise<T>,
  ): Promise<T>;
  /** Whether a request of the token that may grant a lease has no reply yet. A release must then leave a tombstone. */
  areInFlight(key: string, token: string): boolean;
}

const nameOf = (key: string, token: string): string => JSON.stringify([key, token]);

export function createGrantRequests(giveUpToken: GiveUpToken): GrantRequests {
  /** How many requests have no reply yet. */
  const counts = new Map<string, number>();

  function count(name: string, by: 1 | -1): void {
    const left = (counts.get(name) ?? 0) + by;
    if (left > 0) counts.set(name, left);
    else counts.delete(name);
  }

  return {
    async send<T extends { readonly status: string }>(
      verb: Verb,
      key: string,
      token: string,
      ttl: number,
      send: (call: Call) => Promise<T>,
    ): Promise<T> {
      const name = nameOf(key, token);
      const call = { abandoned: false };
      let inFlight: Promise<T> | undefined;
      count(name, 1);
      try {
        return await requestLease(verb, key, ttl, () => {
          inFlight = send(call);
          return inFlight;
        });
      } catch (error) {
        if (inFlight) {
          call.abandoned = true;
          void giveUpToken(key, token, { tombstone: true, inFlight });
          await clientsFlushed();
        }
        throw error;
      } finally {
        count(name, -1);
      }
    },

    areInFlight: (key, token) => counts.has(nameOf(key, token)),
  };
}
