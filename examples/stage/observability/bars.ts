import { CALLER } from "./call";
import type { Span } from "./span";

/** What a bar of the picture says, and its color. */
export const states = {
  "waits, is granted": "#a9b4c2",
  "waits, is handed over": "#54aeff",
  "waits, times out": "#bf8700",
  "is busy": "#8250df",
  fails: "#57606a",
  "holds, releases": "#1a7f37",
  "holds, loses": "#d1242f",
} as const;

export type State = keyof typeof states;

/** A time of one caller. */
export interface Bar {
  /** The row: the caller and its worker. */
  readonly row: string;
  readonly state: State;
  readonly holds: boolean;
  /** ms since the play began. */
  readonly from: number;
  readonly to: number;
}

function stateOf({ name, attributes, lost }: Span): State {
  if (name === "distlock.hold") return lost === undefined ? "holds, releases" : "holds, loses";
  if (attributes["distlock.handed_over"] === true) return "waits, is handed over";
  switch (attributes["distlock.outcome"]) {
    case "granted":
      return "waits, is granted";
    case "timeout":
      return "waits, times out";
    case "busy":
      return "is busy";
    default:
      return "fails";
  }
}

/** The times of waiting and of holding of each caller. */
export function barsOf(spans: readonly Span[]): Bar[] {
  const began = Math.min(...spans.map(({ from }) => from));
  const requests = new Map(spans.filter(({ parent }) => parent === undefined).map((span) => [span.trace, span]));
  return spans.flatMap((span): Bar[] => {
    const request = requests.get(span.trace);
    if (!request || !["distlock.acquire", "distlock.hold"].includes(span.name)) return [];
    const row = `${request.worker} ${request.attributes[CALLER]}`;
    const [from, to] = [span.from - began, span.to - began];
    return [{ row, state: stateOf(span), holds: span.name === "distlock.hold", from, to }];
  });
}
