import { bareOf, type ContestantId, contestants, titleOf } from "../contestants/contestants";
import type { HotKeyResults, HotKeyRound } from "../measure/hot-key";
import { HELD } from "../measure/renewal";
import type { ByContestant } from "../measure/rounds";
import type { Result } from "./result";
import { idsOf, ratio, typical } from "./summary";
import { show, type Table } from "./table";

const ours: readonly ContestantId[] = ["distlock-ioredis", "distlock-node-redis"];
const isPeer = (id: ContestantId): boolean => !contestants[id].name.startsWith("distlock");

type Row = readonly [target: string, id: ContestantId, measured: number | undefined, holds: (value: number) => boolean];

/** The lowest median of the other libraries, without those that failed. */
function best<T>(results: ByContestant<T>, pick: (round: T) => number): number | undefined {
  const values = idsOf(results)
    .filter((id) => isPeer(id) && results[id]!.failed === undefined)
    .map((id) => typical(results[id], pick)!.value);
  return values.length === 0 ? undefined : Math.min(...values);
}

const over = (value: number | undefined, other: number | undefined): number | undefined =>
  value === undefined || other === undefined ? undefined : value / other;

function hotKeyRows({ scene, results }: HotKeyResults[number], id: ContestantId): Row[] {
  const where = `${scene.processes} × ${scene.waiters}`;
  const own = (pick: (round: HotKeyRound) => number) => typical(results[id], pick)?.value;
  const most = (pick: (round: HotKeyRound) => number) => Math.max(...(results[id]?.rounds ?? []).map(pick));
  const ofBest = (pick: (round: HotKeyRound) => number) => over(own(pick), best(results, pick));
  return [
    [`${where}: total, of the fastest other's, ≤ 1.05`, id, ofBest(({ total }) => total), (v) => v <= 1.05],
    [`${where}: hand-over p99, of the best other's, < 1`, id, ofBest(({ handOverP99 }) => handOverP99), (v) => v < 1],
    [
      `${where}: longest wait, of the best other's, ≤ 0.5`,
      id,
      ofBest(({ longestWait }) => longestWait),
      (v) => v <= 0.5,
    ],
    [
      `${where}: longest wait, of an ideal queue's, ≤ 1.3`,
      id,
      own(({ longestOverIdeal }) => longestOverIdeal),
      (v) => v <= 1.3,
    ],
    [`${where}: out of order, in any round, 0`, id, most(({ inversions }) => inversions), (v) => v === 0],
    [`${where}: overlaps, in any round, 0`, id, most(({ overlaps }) => overlaps), (v) => v === 0],
  ];
}

function acrossScenes(hot: HotKeyResults, id: ContestantId): Row[] {
  const [few, many] = hot.map(({ results }) => typical(results[id], ({ redisCpu }) => redisCpu)?.value);
  const redisson = typical(hot[1]?.results["node-redisson"], ({ redisCpu }) => redisCpu)?.value;
  return [
    ["32 × 1: Redis CPU per grant, of node-redisson's, ≤ 0.25", id, over(many, redisson), (v) => v <= 0.25],
    ["Redis CPU per grant at 32 × 1, of that at 4 × 8, ≤ 1.25", id, over(many, few), (v) => v <= 1.25],
  ];
}

function cycleRows(cycle: NonNullable<Result["cycle"]>, id: ContestantId): Row[] {
  const others = idsOf(cycle).filter((other) => isPeer(other) && contestants[other].client === contestants[id].client);
  const parallel = others.map((other) => ratio(cycle, [id, other], (round) => round.parallel));
  return [
    [
      "cycle on one key, of the bare loop's, ≥ 0.9",
      id,
      ratio(cycle, [id, bareOf(id)], (r) => r.sequential),
      (v) => v >= 0.9,
    ],
    [
      "cycle on 64 keys, of the best other's, > 1",
      id,
      Math.min(...parallel.filter((v) => v !== undefined)),
      (v) => v > 1,
    ],
  ];
}

function renewalRows(renewal: NonNullable<Result["renewal"]>, id: ContestantId): Row[] {
  const commands = over(typical(renewal[id], (round) => round.commands)?.value, HELD / 100);
  return [
    ["renewal: commands per 100 locks and round, ≤ 1", id, commands, (v) => v <= 1],
    [
      "renewal: Node CPU, of one timer and command per lock, ≤ 0.2",
      id,
      ratio(renewal, [id, bareOf(id)], (r) => r.nodeCpu),
      (v) => v <= 0.2,
    ],
  ];
}

/** The targets of this library, as ratios within one run. */
export function targetsTable({ cycle, hot, renewal }: Result): Table {
  const rows = ours.flatMap((id) => [
    ...(cycle ? cycleRows(cycle, id) : []),
    ...(hot ? [...hot.flatMap((one) => hotKeyRows(one, id)), ...acrossScenes(hot, id)] : []),
    ...(renewal ? renewalRows(renewal, id) : []),
  ]);
  return {
    title: "Targets",
    head: ["target", "library", "measured", "holds"],
    rows: rows.map(([target, id, value, holds]) => [
      target,
      titleOf(id),
      value === undefined || !Number.isFinite(value) ? "–" : show(Number(value.toFixed(2))),
      value === undefined || !Number.isFinite(value) ? "not measured" : holds(value) ? "yes" : "no",
    ]),
  };
}
