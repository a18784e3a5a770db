export interface Bar {
  readonly library: string;
  readonly ours: boolean;
  readonly value: number | undefined;
  readonly label: string;
}

/** Horizontal bars with their numbers; `log` where they differ by orders of magnitude. */
export function chart(title: string, values: readonly Bar[], log = false): object {
  const lowest = Math.min(...values.map(({ value }) => value ?? 0).filter((value) => value > 0));
  const shown = values.map((bar) => ({
    ...bar,
    from: log ? lowest / 2 : 0,
    value: Math.max(bar.value ?? 0, log ? lowest / 2 : 0),
  }));
  const y = {
    field: "library",
    type: "nominal",
    sort: null,
    axis: { title: null, labelLimit: 0, ticks: false, domain: false },
  };
  const scale = log ? { type: "log", nice: false } : { zero: true };
  return {
    title: { text: log ? `${title}, log scale` : title, anchor: "start", fontSize: 13 },
    width: 260,
    height: { step: 19 },
    data: { values: shown },
    layer: [
      {
        mark: { type: "bar", height: 13 },
        encoding: {
          y,
          x: { field: "from", type: "quantitative", scale, axis: null },
          x2: { field: "value" },
          color: {
            field: "ours",
            type: "nominal",
            legend: null,
            scale: { domain: [true, false], range: ["#1f6feb", "#b6c0cc"] },
          },
        },
      },
      {
        mark: { type: "text", align: "left", dx: 4, fontSize: 11 },
        encoding: { y, x: { field: "value", type: "quantitative" }, text: { field: "label", type: "nominal" } },
      },
    ],
    resolve: { scale: { y: "shared" } },
  };
}
