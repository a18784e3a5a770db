// Tested by packages/core/test/in-process.test.ts
import { now } from "../driver/lease";
import { WINDOW } from "../driver/times";
import { micros } from "./micros";

/** The tickets of the waiters in their order, and until when each process counts as alive. */
export interface QueueData {
  tickets: Map<string, number>;
  lastTicket: number;
  until: number;
  readonly aliveUntil: Map<string, number>;
}

/** The waiters of one key, and which of their processes are alive: the key `…queue1` of the scripts. */
export interface WaitQueue {
  readonly data: QueueData;
  readonly size: number;
  /** The first waiter. */
  readonly head: string | undefined;
  has(token: string): boolean;
  /** How many waiters are before this one; `undefined` if it does not wait. */
  ahead(token: string): number | undefined;
  /** The first waiters, and their tickets. */
  first(count: number): readonly { readonly token: string; readonly ticket: number }[];
  /**
   * Puts the token at the place of the ticket that it once had, or with 0 at the end. A token that waits already keeps its
   * place. Returns its ticket.
   */
  enter(token: string, ticket: number): number;
  delete(token: string): void;
  /** The process with this inbox is alive: its waiters count as alive for a window, and the queue lives for two. */
  showLife(inbox: string): void;
  /** Whether the queue lives. What it refuses keeps it alive, as well as its waiters. */
  readonly lives: boolean;
  /** The queue lives for `ms` at least. */
  keepFor(ms: number): void;
  /** Takes out the first waiter whose process is alive, and drops the waiters before it. */
  takeFirstAlive(): string | undefined;
}

/** The inbox that learns of this token's grants: the token up to its first `:`. */
export const inboxOf = (token: string): string => token.split(":", 1)[0]!;

/** True if a sign of life counts. One that is further ahead than the window is from before the clock was set back. */
const isFresh = (until: number): boolean => until > now() && until <= now() + WINDOW;

const empty = (): QueueData => ({ tickets: new Map(), lastTicket: 0, until: 0, aliveUntil: new Map() });

export function createWaitQueue(data: QueueData = empty()): WaitQueue {
  const { aliveUntil } = data;

  function waiting(): Map<string, number> {
    const { tickets } = data;
    if (data.until <= now()) tickets.clear();
    if (tickets.size === 0) aliveUntil.clear();
    return tickets;
  }

  function keepFor(ms: number): void {
    data.until = Math.max(data.until, now() + ms);
  }

  const head = (): string | undefined => waiting().keys().next().value;

  return {
    data,
    get size() {
      return waiting().size;
    },
    get head() {
      return head();
    },
    has: (token) => waiting().has(token),

    ahead(token) {
      const tickets = waiting();
      if (!tickets.has(token)) return undefined;
      let before = 0;
      for (const other of tickets.keys()) {
        if (other === token) break;
        before++;
      }
      return before;
    },

    first: (count) => [...waiting()].slice(0, count).map(([token, ticket]) => ({ token, ticket })),

    enter(token, ticket) {
      const tickets = waiting();
      const known = tickets.get(token);
      if (known !== undefined) return known;
      if (tickets.size === 0) data.lastTicket = 0;
      const place = ticket || Math.max(micros(), data.lastTicket + 1);
      tickets.set(token, place);
      // Only an old ticket has a place before others.
      if (place < data.lastTicket) data.tickets = new Map([...tickets].sort(([, a], [, b]) => a - b));
      data.lastTicket = Math.max(data.lastTicket, place);
      return place;
    },

    delete: (token) => void waiting().delete(token),

    showLife(inbox) {
      aliveUntil.set(inbox, now() + WINDOW);
      keepFor(2 * WINDOW);
    },

    get lives() {
      return data.until > now();
    },
    keepFor,

    takeFirstAlive() {
      const tickets = waiting();
      for (const token of tickets.keys()) {
        tickets.delete(token);
        if (isFresh(aliveUntil.get(inboxOf(token)) ?? 0)) return token;
      }
      return undefined;
    },
  };
}
