import archy from "archy";
import pc from "picocolors";
import { CALLER } from "./call";
import type { HandOver } from "./hand-over";
import type { Span } from "./span";

/** The attributes that the tree shows, and the shorter names that it has for them. */
const shown: Readonly<Record<string, string>> = {
  [CALLER]: "caller",
  "distlock.outcome": "outcome",
  "distlock.handed_over": "handed_over",
  "distlock.wait.ahead": "wait.ahead",
  "distlock.attempts": "attempts",
  "distlock.fence": "fence",
  "distlock.end": "end",
};

const ms = (time: number): string => `${time.toFixed(1)} ms`;

function describe({ name, from, to, attributes }: Span, began: number): string {
  const texts = Object.entries(shown).flatMap(([attribute, short]) => {
    const value = attributes[attribute];
    return value === undefined ? [] : [`${short}=${value}`];
  });
  return `${pc.bold(name)}  at ${(from - began).toFixed(0)} ms, for ${ms(to - from)}  ${pc.dim(texts.join(" "))}`.trimEnd();
}

/** The whole trace of a span, as a tree. Times count from `began`. */
function treeOf({ trace }: Span, spans: readonly Span[], began: number): string {
  const own = spans.filter((span) => span.trace === trace).sort((a, b) => a.from - b.from);
  const below = (parent: string | undefined): archy.Data[] =>
    own
      .filter((span) => span.parent === parent)
      .map((span) => ({ label: describe(span, began), nodes: below(span.id) }));
  return below(undefined)
    .map((root) => archy(root))
    .join("");
}

/** The traces of the holder and of the waiter, one below the other, with one clock. */
export function drawHandOver({ hold, acquire }: HandOver, spans: readonly Span[]): string {
  const roots = spans.filter(
    ({ parent, trace }) => parent === undefined && [hold.trace, acquire.trace].includes(trace),
  );
  const began = Math.min(...roots.map(({ from }) => from));
  const key = String(acquire.attributes["distlock.lock.key"]);
  const title = `One hand-over of ${key.slice(key.lastIndexOf(":") + 1)}, from ${hold.worker} to ${acquire.worker}:`;
  const part = (span: Span, role: string) => `${span.worker}, ${role}\n${treeOf(span, spans, began)}`;
  return `${title}\n\n${part(hold, "which held it")}\n${part(acquire, "which waited for it")}`;
}
