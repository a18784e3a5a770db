// Tested by packages/core/test/in-process.test.ts
import { now } from "../driver/lease";
import { WINDOW } from "../driver/times";
import { micros } from "./micros";

/** The waiters of one key, and which of their processes are alive: the keys `…queue` and `…alive` of the scripts. */
export interface WaitQueue {
  readonly size: number;
  /** The first waiter. */
  readonly head: string | undefined;
  has(token: string): boolean;
  /**
   * Puts the token at the place of the ticket that it once had, or with 0 at the end. A token that waits already keeps its
   * place. Returns its ticket.
   */
  enter(token: string, ticket: number): number;
  delete(token: string): void;
  /** The process with this inbox is alive: its waiters count as alive for a window, and the queue lives for two. */
  showLife(inbox: string): void;
  /** Takes out the first waiter whose process is alive, and drops the waiters before it. */
  takeFirstAlive(): string | undefined;
}

/** The inbox that learns of this token's grants: the token up to its first `:`. */
export const inboxOf = (token: string): string => token.split(":", 1)[0]!;

export function createWaitQueue(): WaitQueue {
  let tickets = new Map<string, number>();
  let lastTicket = 0;
  let until = 0;
  const aliveUntil = new Map<string, number>();

  function waiting(): Map<string, number> {
    if (until <= now()) tickets.clear();
    if (tickets.size === 0) aliveUntil.clear();
    return tickets;
  }

  const head = (): string | undefined => waiting().keys().next().value;

  return {
    get size() {
      return waiting().size;
    },
    get head() {
      return head();
    },
    has: (token) => waiting().has(token),

    enter(token, ticket) {
      const known = waiting().get(token);
      if (known !== undefined) return known;
      if (tickets.size === 0) lastTicket = 0;
      const place = ticket || Math.max(micros(), lastTicket + 1);
      tickets.set(token, place);
      // Only an old ticket has a place before others.
      if (place < lastTicket) tickets = new Map([...tickets].sort(([, a], [, b]) => a - b));
      lastTicket = Math.max(lastTicket, place);
      return place;
    },

    delete: (token) => void waiting().delete(token),

    showLife(inbox) {
      aliveUntil.set(inbox, now() + WINDOW);
      until = now() + 2 * WINDOW;
    },

    takeFirstAlive() {
      for (const token of waiting().keys()) {
        tickets.delete(token);
        if ((aliveUntil.get(inboxOf(token)) ?? 0) > now()) return token;
      }
      return undefined;
    },
  };
}
