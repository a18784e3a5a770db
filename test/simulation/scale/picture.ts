import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { commandsOf } from "./meter";
import { failures } from "./recovery";
import type { Result } from "./result";

interface Point {
  readonly processes: number;
  readonly value: number;
  readonly line: string;
}

/** Lines over the number of processes. Both scales are logarithmic. */
const chart = (title: string, points: readonly Point[]): object => ({
  title: { text: title, anchor: "start", fontSize: 13 },
  width: 300,
  height: 220,
  data: { values: points.filter(({ value }) => value > 0) },
  mark: { type: "line", point: true },
  encoding: {
    x: {
      field: "processes",
      type: "quantitative",
      scale: { type: "log" },
      axis: { title: "processes", grid: false, values: [10, 100, 1_000, 10_000] },
    },
    y: {
      field: "value",
      type: "quantitative",
      scale: { type: "log" },
      axis: { title: null, grid: false, tickCount: 5 },
    },
    color: {
      field: "line",
      type: "nominal",
      sort: null,
      legend: { title: null, orient: "bottom", columns: 1, labelLimit: 0 },
    },
  },
});

function charts({ calm, recoveries }: Result): object[] {
  const hot = calm.filter(({ keys }) => keys === 1);
  const points = (line: string, value: (row: (typeof hot)[number]) => number): Point[] =>
    hot.map((row) => ({ processes: row.processes, value: value(row), line }));
  const hotRecoveries = recoveries.filter(({ keys }) => keys === 1);
  return [
    chart("One key: for each grant", [
      ...points("commands without heartbeats", ({ perGrant }) => commandsOf(perGrant) - perGrant.heartbeat),
      ...points("heartbeats", ({ perGrant }) => perGrant.heartbeat),
    ]),
    chart("One key: the longest wait, s", [
      ...points("simulated", ({ wait }) => wait.max / 1_000),
      ...points("position × time of holding", ({ ideal }) => ideal.max / 1_000),
    ]),
    chart(
      "One key: commands in the first second after a failure",
      hotRecoveries.map(({ processes, failure, firstSecond }) => ({
        processes,
        value: firstSecond,
        line: failures[failure].about,
      })),
    ),
  ];
}

/** The result as SVG. */
export async function draw(result: Result): Promise<string> {
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: "white",
    padding: 16,
    config: { view: { stroke: null }, font: "Helvetica, Arial, sans-serif" },
    hconcat: charts(result),
    spacing: 40,
    resolve: { scale: { color: "independent" } },
  };
  const view = new View(parse(compile(spec as TopLevelSpec).spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}
