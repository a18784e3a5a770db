import type { Event } from "../../faults/event";
import type { Result } from "../run";

/** The largest number of lines. */
const LINES = 70;

const names = (keys: readonly string[]): string => keys.join(", ");

/** Describes an event in words. Returns `undefined` if the event is of no use to a reader. */
function wordsOf(event: Event): string | undefined {
  switch (event.what) {
    case "calls":
      return `${event.worker} wants ${event.key}${event.queues ? ", and waits" : ""} (call ${event.call})`;
    case "asks":
      return `${event.worker} asks for ${event.key} with ${event.id}`;
    case "answered":
      return `${event.worker} receives the reply: ${event.id} is ${event.reply} (asked at ${event.sent.toFixed(1)}, ${event.ttl} ms)`;
    case "pushed":
      return `${event.worker} receives the message: ${event.id} is granted`;
    case "granted":
      return `${event.worker} HAS ${event.key} (${event.id}, fence ${event.fence}, ${event.remaining.toFixed(0)} ms left)`;
    case "refused":
      return `${event.worker} does not get it: ${event.why} (call ${event.call})`;
    case "lost":
      return `${event.worker} learns that ${event.id} is lost`;
    case "releases":
      return `${event.worker} is done with ${event.id}`;
    case "wrote":
      return `the store ${event.taken ? "takes" : "refuses"} a write of ${event.id}`;
    case "stalled":
      return `${event.worker} stands still until ${event.at.toFixed(1)}`;
    case "killed":
      return `${event.worker} is gone`;
    case "fault":
      return `FAULT: ${event.name}`;
    case "forgot":
      return `server: lost ${event.key ?? "all locks"}`;
    case "strayed":
      return `server: lost track of the waiters of ${event.key ?? "all keys"}`;
    default:
      return atServer(event);
  }
}

function atServer(event: Event): string | undefined {
  switch (event.what) {
    case "minted":
      return `server: ${event.key} GRANTED to ${event.id} (${event.how}, fence ${event.fence})`;
    case "enters":
      return `server: ${event.id} waits with ticket ${event.ticket}`;
    case "lives":
      return `server: heartbeat of ${event.inbox} for ${event.key}`;
    case "leaves":
      return `server: release of ${event.id}`;
    case "dropped":
      return `server: ${event.id} dropped from the queue`;
    case "doubted":
      return `${event.worker} BELIEVES that it holds ${event.id}; the holder on the server is ${event.other ?? "nobody"}`;
    case "deadlocked":
      return `DEADLOCK of ${names(event.keys)}`;
    case "wrong":
      return `WRONG: ${event.why}`;
    case "healed":
      return "no more faults";
    default:
      return undefined;
  }
}

/** The part of a history that is about a violation, line by line. */
export function timeline({ violations, history }: Result): string {
  const why = violations[0]?.why ?? "";
  const ids: readonly string[] = why.match(/[\w-]+\.\d+@\w+/g) ?? [];
  const keys = new Set(why.match(/\bk\d+\b/g));
  const about = (event: Event): boolean => "id" in event && ids.includes(event.id);
  const own = ids.length > 0 ? history.filter(about) : history;
  const [from, to] = [(own[0]?.at ?? 0) - 50, (own.at(-1)?.at ?? Number.POSITIVE_INFINITY) + 50];
  const isNear = (event: Event) => event.at >= from && event.at <= to;
  const concerns = (event: Event) =>
    !("key" in event) || event.key === undefined || keys.size === 0 || keys.has(event.key);
  const ofIds = (event: Event) =>
    !("id" in event) ||
    event.id === "" ||
    !event.id.includes("@") ||
    keys.size === 0 ||
    keys.has(event.id.split("@")[1]!);
  const lines = history
    .filter((event) => isNear(event) && concerns(event) && ofIds(event))
    .flatMap((event) => {
      const words = wordsOf(event);
      const mark = about(event) ? ">" : " ";
      return words === undefined ? [] : [`${mark} ${event.at.toFixed(1).padStart(9)}  ${words}`];
    });
  if (lines.length <= LINES) return lines.join("\n");
  // The last lines show what went wrong. Marked lines are kept from the whole history.
  const marked = lines.filter((line, i) => line.startsWith(">") || i >= lines.length - LINES / 2);
  return ["  …", ...marked.slice(-LINES)].join("\n");
}
