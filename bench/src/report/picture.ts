import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { bareOf, contestants, titleOf } from "../contestants/contestants";
import type { CycleRound } from "../measure/cycle";
import type { MemoryResults, MemoryRound } from "../measure/memory";
import { type ObservingResults, observingClients } from "../measure/observing";
import type { ByContestant } from "../measure/rounds";
import { type WaitingResults, waitingClients } from "../measure/waiting";
import type { WaitedKeys } from "../measure/waiting-scenes";
import { memoryModeIds, memoryModes, titleOfMode, unlockedOf } from "../worker/memory-modes";
import { type Bar, chart } from "./chart";
import { observingBase, observingTitles } from "./observing-table";
import type { Result } from "./result";
import { idsOf, ratio, typical } from "./summary";
import { show } from "./table";

function bars<T>(results: ByContestant<T>, pick: (id: keyof typeof contestants) => number | undefined): Bar[] {
  return idsOf(results).map((id) => {
    const value = pick(id);
    const library = titleOf(id);
    return {
      library,
      ours: contestants[id].name === "distlock",
      value: value ?? 0,
      label: value === undefined ? "failed" : show(value),
    };
  });
}

function memoryCharts({ scene, results }: MemoryResults): object[] {
  const bar = (id: (typeof memoryModeIds)[number], value: number | undefined): Bar => ({
    library: titleOfMode(id),
    ours: memoryModes[id].locked,
    value: value ?? 0,
    label: value === undefined ? "failed" : show(value),
  });
  const all = (pick: (round: MemoryRound) => number) =>
    memoryModeIds.map((id) => bar(id, typical(results[id], pick)?.value));
  const title = `${scene.sessions} sessions × ${scene.turns} turns`;
  const relative = memoryModeIds.map((id) =>
    bar(
      id,
      ratio(results, [id, unlockedOf(id)], (round) => round.turns),
    ),
  );
  return [
    chart(
      `${title}: turns per second`,
      all((round) => round.turns),
    ),
    chart(`${title}: speed, no locks = 1`, relative),
    chart(
      `${title}: wait p99, ms`,
      all((round) => round.waitP99),
    ),
    chart(
      `${title}: blind turns`,
      all((round) => round.blind),
    ),
  ];
}

function waitingCharts({ keys }: WaitingResults): object[] {
  const all = (pick: (round: WaitedKeys) => number) =>
    keys.flatMap(({ count, results }) =>
      waitingClients.map((client): Bar => {
        const round = results[client]?.rounds[0];
        const value = round && pick(round);
        const library = `${count.toLocaleString("en").replace(",", " ")} keys (${client})`;
        return { library, ours: true, value: value ?? 0, label: value === undefined ? "failed" : show(value) };
      }),
    );
  return [
    chart(
      "Waiting: Node, % of a core",
      all((round) => 100 * round.nodeCpu),
    ),
    chart(
      "Waiting: Redis, % of a core",
      all((round) => 100 * round.redisCpu),
    ),
    chart(
      "Waiting: commands per second",
      all((round) => round.commands),
    ),
  ];
}

function observingCharts(results: ObservingResults): object[] {
  const all = (pick: (round: CycleRound) => number) =>
    observingClients.flatMap((client) =>
      (["off", "telemetry"] as const).map((mode): Bar => {
        const value = ratio(results[client], [mode, observingBase[mode]], pick);
        const library = `${observingTitles[mode]} (${client})`;
        return {
          library,
          ours: mode === "off",
          value: value ?? 0,
          label: value === undefined ? "failed" : show(value),
        };
      }),
    );
  return [
    chart(
      "Observers, one key: speed, without = 1",
      all((round) => round.sequential),
    ),
    chart(
      "Observers, 64 keys at once: speed, without = 1",
      all((round) => round.parallel),
    ),
  ];
}

function charts({ cycle, hot, renewal, memory, waiting, observing }: Result): object[][] {
  const rows: object[][] = [];
  if (cycle) {
    const of = (pick: "sequential" | "parallel") =>
      bars(cycle, (id) => ratio(cycle, [id, bareOf(id)], (round) => round[pick]));
    rows.push([
      chart("Cycle, one key: speed, bare loop = 1 (more is better)", of("sequential")),
      chart("Cycle, 64 keys at once: speed, bare loop = 1 (more is better)", of("parallel")),
    ]);
  }
  for (const { scene, results } of hot ?? []) {
    const at = `Hot key, ${scene.processes} × ${scene.waiters}`;
    const of = (pick: "handOverP99" | "longestWait" | "redisCpu") =>
      bars(results, (id) => typical(results[id], (round) => round[pick])?.value);
    rows.push([
      chart(`${at}: hand-over p99, ms (less is better)`, of("handOverP99")),
      chart(`${at}: longest wait, ms`, of("longestWait"), true),
      chart(`${at}: Redis CPU per grant, µs (less is better)`, of("redisCpu")),
    ]);
  }
  if (renewal) {
    const of = (pick: "commands" | "redisCpu" | "nodeCpu") =>
      bars(renewal, (id) => typical(renewal[id], (round) => round[pick])?.value);
    rows.push([
      chart("10 000 locks: commands per round", of("commands"), true),
      chart("10 000 locks: Redis CPU per round, ms", of("redisCpu")),
      chart("10 000 locks: Node CPU per round, ms", of("nodeCpu")),
    ]);
  }
  if (memory) {
    const [turns, relative, waits, blind] = memoryCharts(memory);
    rows.push([turns!, relative!], [waits!, blind!]);
  }
  if (waiting) rows.push(waitingCharts(waiting));
  if (observing) rows.push(observingCharts(observing));
  return rows;
}

/** The result as SVG. */
export async function draw(result: Result): Promise<string> {
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: "white",
    padding: 16,
    spacing: 28,
    config: { view: { stroke: null }, axis: { labelLimit: 0 }, font: "Helvetica, Arial, sans-serif" },
    vconcat: charts(result).map((row) => ({ hconcat: row, spacing: 40, resolve: { scale: { x: "independent" } } })),
  };
  const view = new View(parse(compile(spec as TopLevelSpec).spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}
