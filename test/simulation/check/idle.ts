import { LONGEST_INTERVAL } from "../../../packages/core/src/locker/queue/line";
import type { Check } from "../../faults/check/digest";
import type { Event } from "../../faults/event";
import { calmSince, stallsOf } from "./calm";

/** How long the first waiter has to learn the end of the holder's lease, in ms. */
const LEARNT = LONGEST_INTERVAL + 200;
/** How long a key may be free while somebody waits for it, in ms: a look at the end of the lease, and its reply. */
const SOON = 300;

/** The waiters of a key, as far as the server recorded them, and since when the first of them is the first. */
interface Line {
  readonly tickets: Map<string, number>;
  head: string | undefined;
  headSince: number;
}

/**
 * A lock whose lease ends by itself is granted to the first waiter at once, if this waiter had the time to learn when the lease
 * ends. Excused: everything before the end of the faults, and a waiter whose process stands still.
 */
export const idle: Check = function* (digest) {
  const { history, of } = digest;
  const calm = calmSince(digest);
  const hasStood = stallsOf(digest);
  const askers = new Map(of("asks").map(({ id, worker }) => [id, worker]));
  const killed = new Set(of("killed").map(({ worker }) => worker));
  const lines = new Map<string, Line>();
  const freeSince = new Map<string, number>();
  const told = new Set<string>();

  for (const event of history) {
    note(lines, event);
    if (event.what !== "seen" || event.at < calm) continue;
    for (const [key, { id, waiting }] of Object.entries(event.keys)) {
      const line = lines.get(key);
      if (id !== null || waiting === 0 || line?.head === undefined) freeSince.delete(key);
      else if (!freeSince.has(key)) freeSince.set(key, event.at);
      const since = freeSince.get(key) ?? event.at;
      if (event.at - since < SOON || line?.head === undefined || told.has(line.head)) continue;
      const worker = askers.get(line.head)!;
      if (since - line.headSince < LEARNT || killed.has(worker) || hasStood(worker, line.headSince, event.at)) continue;
      told.add(line.head);
      yield `${key} was free at ${since.toFixed(0)}, and the first waiter did not look (${line.head})`;
    }
  }
};

function note(lines: Map<string, Line>, event: Event): void {
  switch (event.what) {
    case "enters":
      lineOf(lines, event.key).tickets.set(event.id, event.ticket);
      break;
    case "leaves":
    case "minted":
    case "dropped":
      lineOf(lines, event.key).tickets.delete(event.id);
      break;
    case "strayed":
    case "forgot":
      for (const [key, line] of lines) if ((event.key ?? key) === key) line.tickets.clear();
      break;
    default:
      return;
  }
  for (const line of lines.values()) findHead(line, event.at);
}

function lineOf(lines: Map<string, Line>, key: string): Line {
  const line = lines.get(key) ?? { tickets: new Map(), head: undefined, headSince: 0 };
  lines.set(key, line);
  return line;
}

function findHead(line: Line, at: number): void {
  let head: string | undefined;
  for (const [id, ticket] of line.tickets) if (head === undefined || ticket < line.tickets.get(head)!) head = id;
  if (head === line.head) return;
  line.head = head;
  line.headSince = at;
}
