import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { type Bar, states } from "./bars";

const WIDTH = 1_000;

const x = { field: "from", type: "quantitative", axis: { title: "s", gridColor: "#eef1f4", tickCount: 12 } };
const color = {
  field: "state",
  type: "nominal",
  scale: { domain: Object.keys(states), range: Object.values(states) },
  legend: { title: null, orient: "bottom", symbolType: "square", columns: 4, labelLimit: 0 },
};

/** Who waited and who held over time, one row for each caller, as SVG. A wait is a thin bar, a hold a thick one. */
export async function drawPicture(bars: readonly Bar[], rows: readonly string[], title: string): Promise<string> {
  const y = {
    field: "row",
    type: "nominal",
    scale: { domain: rows },
    axis: { title: null, ticks: false, domain: false, grid: true, gridColor: "#eef1f4" },
  };
  const valuesOf = (those: readonly Bar[]) => ({
    values: those.map(({ from, to, ...rest }) => ({ ...rest, from: from / 1_000, to: to / 1_000 })),
  });
  const layer = (those: readonly Bar[], height: number) => ({
    data: valuesOf(those),
    mark: { type: "bar", height },
    encoding: { y, x, x2: { field: "to" }, color },
  });
  // The reply to a call that does not wait comes too soon for a bar.
  const soon = {
    data: valuesOf(bars.filter(({ state }) => state === "is busy" || state === "fails")),
    mark: { type: "tick", thickness: 1.5, height: 12 },
    encoding: { y, x, color },
  };
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    title: { text: title, anchor: "start", fontSize: 14, offset: 12 },
    background: "white",
    padding: 16,
    config: { aria: false, view: { stroke: null }, axis: { labelLimit: 0 }, font: "Helvetica, Arial, sans-serif" },
    width: WIDTH,
    height: { step: 18 },
    layer: [
      layer(
        bars.filter(({ holds }) => !holds),
        5,
      ),
      layer(
        bars.filter(({ holds }) => holds),
        12,
      ),
      soon,
    ],
  };
  const view = new View(parse(compile(spec as TopLevelSpec).spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}
