import { WINDOW } from "../../../packages/core/src/driver/times";
import type { Check, Kind } from "../../faults/check/digest";
import type { Event } from "../../faults/event";

/** Allows for the rounding at the end of a window, in ms. */
const ROUNDING = 2;

/** One waiter, as the server put it into the queue. */
interface Place {
  readonly ticket: number;
  readonly inbox: string;
}

/** The queue that a key should have after the requests that the server carried out. */
interface Line {
  readonly places: Map<string, Place>;
  /** The last ticket of each token, even of one that has left the queue. */
  readonly tickets: Map<string, number>;
  /** The last sign of life of each process. */
  readonly livedAt: Map<string, number>;
}

const newLine = (): Line => ({ places: new Map(), tickets: new Map(), livedAt: new Map() });

/**
 * The waiters of a key are granted it in the order in which they came. None is passed over while its process shows signs of life.
 * A lock is never handed to a process that has shown none for a whole window.
 */
export const order: Check = function* ({ history }) {
  const lines = new Map<string, Line>();

  function lineOf(key: string): Line {
    const line = lines.get(key) ?? newLine();
    lines.set(key, line);
    return line;
  }

  for (const event of history) {
    if (event.what === "minted") yield* passedOver(lineOf(event.key), event);
    else if (event.what === "dropped") yield* dropped(lineOf(event.key), event);
    else if (event.what === "enters") yield* entered(lineOf(event.key), event);
    else note(event);
  }

  function note(event: Event): void {
    switch (event.what) {
      case "lives":
        lineOf(event.key).livedAt.set(event.inbox, event.at);
        break;
      case "leaves":
        lineOf(event.key).places.delete(event.id);
        break;
      case "forgot":
        // If the event names a key, only the lock of this key was lost: its queue is intact.
        if (event.key === undefined) for (const line of lines.values()) forget(line);
        break;
      case "strayed":
        for (const [key, line] of lines) if ((event.key ?? key) === key) forget(line);
    }
  }
};

/** The server lost its queue: each waiter has to ask again, with its old ticket. */
function forget({ places, livedAt }: Line): void {
  places.clear();
  livedAt.clear();
}

const lives = ({ livedAt }: Line, inbox: string, at: number, slack: number): boolean =>
  at - (livedAt.get(inbox) ?? Number.NEGATIVE_INFINITY) < WINDOW + slack;

/** A token that brings its ticket gets its old place back. */
function* entered({ places, tickets, livedAt }: Line, event: Kind<"enters">): Iterable<string> {
  const { id, key, inbox, ticket, asked, at } = event;
  if (asked !== 0 && ticket !== asked) yield `${id} lost its place in the queue of ${key}`;
  places.set(id, { ticket, inbox });
  tickets.set(id, ticket);
  livedAt.set(inbox, at);
}

function* dropped(line: Line, { id, key, at }: Kind<"dropped">): Iterable<string> {
  const place = line.places.get(id);
  if (place !== undefined && lives(line, place.inbox, at, -ROUNDING))
    yield `${id} was dropped from the queue of ${key}, though its process was alive`;
  line.places.delete(id);
}

function* passedOver(line: Line, { id, key, inbox, at, how }: Kind<"minted">): Iterable<string> {
  if (how === "transferred" || how === "again") return; // waiters keep their places
  const { places, tickets } = line;
  if (how === "handed" && !places.has(id)) return; // by a server with an older state: its place there is not known
  const own = tickets.get(id) ?? Number.POSITIVE_INFINITY;
  if (how === "handed" && !lives(line, inbox, at, ROUNDING))
    yield `${key} was handed to ${id}, whose process had shown no sign of life for a window`;
  places.delete(id);
  for (const [other, { ticket, inbox: of }] of places)
    if (ticket < own && lives(line, of, at, -ROUNDING))
      yield `${id} was granted ${key} before ${other}, which came first`;
}
