import type { Event } from "../../faults/event";

interface Line {
  /** Whether each waiter, by its inbox, is in the queue of the server. */
  readonly waiters: Map<string, { readonly ticket: number; hasPlace: boolean }>;
  /** The inboxes in the order in which they first came. */
  readonly order: string[];
  first: number;
}

/** Follows the waiters of all keys. Each process waits at most once for a key. */
export interface Places {
  record(event: Event): void;
  /** The server lost its data, and has the data of `queueOf`. */
  forgotten(queueOf: (key: string) => ReadonlySet<string>): void;
  readonly waiting: number;
  /** How many waiters are not in the queue of the server. */
  readonly missing: number;
  /** How many were granted before another one that had come first. */
  readonly overtakes: number;
  /** How many grants went to a process that no longer waited. */
  readonly idle: number;
  readonly handed: number;
}

export function createPlaces(): Places {
  const lines = new Map<string, Line>();
  const names = new Map<string, string>();
  let [waiting, missing, overtakes, idle, handed] = [0, 0, 0, 0, 0];

  function lineOf(key: string): Line {
    const line = lines.get(key) ?? { waiters: new Map(), order: [], first: 0 };
    lines.set(key, line);
    return line;
  }

  function enters(key: string, inbox: string, ticket: number): void {
    const { waiters, order } = lineOf(key);
    const known = waiters.get(inbox);
    if (known === undefined) {
      waiting++;
      order.push(inbox);
      waiters.set(inbox, { ticket, hasPlace: true });
    } else if (!known.hasPlace) {
      known.hasPlace = true;
      missing--;
    }
  }

  /** A waiter leaves its line. Returns false if it was in none. */
  function leaves(key: string, inbox: string): boolean {
    const { waiters } = lineOf(key);
    const known = waiters.get(inbox);
    if (known === undefined) return false;
    waiters.delete(inbox);
    waiting--;
    if (!known.hasPlace) missing--;
    return true;
  }

  function granted(key: string, inbox: string, how: string): void {
    if (how === "handed") handed++;
    const line = lineOf(key);
    const { waiters, order } = line;
    while (line.first < order.length && !waiters.has(order[line.first]!)) line.first++;
    const first = order[line.first];
    const isWaiter = leaves(key, inbox);
    if (how === "handed" && !isWaiter) idle++;
    else if (first !== undefined && first !== inbox) overtakes++;
  }

  function loses(key: string, inbox: string): void {
    const known = lineOf(key).waiters.get(inbox);
    if (!known?.hasPlace) return;
    known.hasPlace = false;
    missing++;
  }

  return {
    record(event) {
      if (event.what === "enters") {
        names.set(event.id, event.inbox);
        enters(event.key, event.inbox, event.ticket);
      } else if (event.what === "minted") granted(event.key, event.inbox, event.how);
      else if (event.what === "dropped") loses(event.key, names.get(event.id)!);
      else if (event.what === "leaves" && names.has(event.id)) leaves(event.key, names.get(event.id)!);
    },
    forgotten(queueOf) {
      for (const [key, { waiters }] of lines) {
        const queue = queueOf(key);
        for (const inbox of waiters.keys()) if (!queue.has(inbox)) loses(key, inbox);
      }
    },
    get waiting() {
      return waiting;
    },
    get missing() {
      return missing;
    },
    get overtakes() {
      return overtakes;
    },
    get idle() {
      return idle;
    },
    get handed() {
      return handed;
    },
  };
}
