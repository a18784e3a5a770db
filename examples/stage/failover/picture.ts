import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { believedUntil, type History } from "./history";
import { locks } from "./locks";

const states = { waits: "#d5dbe3", holds: "#1f6feb", releases: "#eac54f", lost: "#d1242f" };
/** A release that takes longer is shown, in ms. */
const SLOW = 100;
const KILLED = "#d1242f";
const REPLACED = "#1a7f37";
const WIDTH = 860;

const inSeconds = (history: History) => (at: number) => (at - history.began) / 1_000;

interface Span {
  readonly worker: string;
  readonly state: keyof typeof states;
  readonly from: number;
  readonly to: number;
}

function spansOf(history: History, lock: string): Span[] {
  const seconds = inSeconds(history);
  return history.turns
    .filter((turn) => turn.lock === lock)
    .flatMap((turn) => {
      const { worker, asked, granted, settled } = turn;
      const end = granted ?? settled ?? history.ended;
      const wait: Span = { worker, state: "waits", from: seconds(asked), to: seconds(end) };
      if (granted === undefined) return [wait];
      const hold: Span = { worker, state: "holds", from: seconds(granted), to: seconds(believedUntil(turn, history)) };
      const release = { from: hold.to, to: seconds(settled ?? history.ended) };
      if (turn.lost !== undefined || release.to - release.from < SLOW / 1_000) return [wait, hold];
      return [wait, hold, { worker, state: "releases", ...release }];
    });
}

/** The events that met all locks at once, as lines from top to bottom. */
function marksOf(history: History): { at: number; label: string; color: string }[] {
  const { failover } = history;
  if (!failover) return [];
  const seconds = inSeconds(history);
  return [
    { at: seconds(failover.killed), label: "kill -9 of the primary", color: KILLED },
    { at: seconds(failover.replaced), label: "new primary", color: REPLACED },
  ];
}

/** One lock: a line for each worker. */
function chart(history: History, { name, ttl }: (typeof locks)[number], first: boolean, last: boolean): object {
  const seconds = inSeconds(history);
  const spans = spansOf(history, name);
  const losses = history.turns
    .filter(({ lock, lost }) => lock === name && lost !== undefined)
    .map(({ worker, lost }) => ({ worker, state: "lost", from: seconds(lost!) }));
  const x = {
    field: "from",
    type: "quantitative",
    scale: { domain: [0, Math.ceil(seconds(history.ended) * 2) / 2], nice: false },
    axis: { title: last ? "s" : null, grid: true, gridColor: "#eef1f4", labels: last, ticks: last, tickCount: 12 },
  };
  const y = {
    field: "worker",
    type: "nominal",
    scale: { domain: history.workers },
    axis: { title: null, ticks: false, domain: false },
  };
  const color = {
    field: "state",
    type: "nominal",
    scale: { domain: Object.keys(states), range: Object.values(states) },
    legend: { title: null, orient: "bottom", symbolType: "square" },
  };
  const bars = (state: string, height: number) => ({
    data: { values: spans.filter((span) => span.state === state) },
    mark: { type: "bar", height },
    encoding: { y, x, x2: { field: "to" }, color },
  });
  /** The colors of these marks are their own: the marks are not states. */
  const layersOf = ({ at, label, color }: ReturnType<typeof marksOf>[number]) => {
    const place = { data: { values: [{ at, label }] }, encoding: { x: { field: "at", type: "quantitative" } } };
    const text = { type: "text", align: "left", dx: 3, y: -7, fontSize: 11, color };
    const labelled = { ...place.encoding, text: { field: "label", type: "nominal" } };
    const line = { ...place, mark: { type: "rule", strokeWidth: 1.5, color } };
    return first ? [line, { ...place, mark: text, encoding: labelled }] : [line];
  };
  return {
    title: { text: `${name} (ttl ${ttl / 1_000} s)`, anchor: "start", fontSize: 12, offset: first ? 18 : 4 },
    width: WIDTH,
    height: { step: 16 },
    layer: [
      bars("waits", 5),
      bars("holds", 12),
      bars("releases", 5),
      ...marksOf(history).flatMap(layersOf),
      {
        data: { values: losses },
        mark: { type: "point", shape: "cross", angle: 45, size: 110, filled: true, opacity: 1 },
        encoding: { y, x, color },
      },
    ],
  };
}

/** The holders and the waiters of each lock over time, as SVG. */
export async function drawPicture(history: History, title: string): Promise<string> {
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    title: { text: title, anchor: "start", fontSize: 14, offset: 12 },
    background: "white",
    padding: 16,
    spacing: 12,
    config: { aria: false, view: { stroke: null }, axis: { labelLimit: 0 }, font: "Helvetica, Arial, sans-serif" },
    vconcat: locks.map((lock, i) => chart(history, lock, i === 0, i === locks.length - 1)),
  };
  const view = new View(parse(compile(spec as TopLevelSpec).spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}
