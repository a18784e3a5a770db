import { bareOf, type ContestantId, contestants, titleOf } from "../contestants/contestants";
import { type CycleRound, PARALLEL } from "../measure/cycle";
import type { HotKeyResults, HotKeyRound } from "../measure/hot-key";
import { HELD, RENEWAL_TTL, type RenewalRound } from "../measure/renewal";
import type { ByContestant } from "../measure/rounds";
import type { Result } from "./result";
import { idsOf, ratio, typical } from "./summary";
import { show, type Table } from "./table";

type Column<T> = readonly [head: string, pick: (round: T) => number];

/** A row per contestant; one that failed says after which round, and why. */
function table<T>(title: string, results: ByContestant<T>, columns: readonly Column<T>[], extra: Extra = none): Table {
  const ids = idsOf(results);
  const row = (id: ContestantId): string[] => {
    const { rounds, failed } = results[id]!;
    const name = failed === undefined ? titleOf(id) : `${titleOf(id)}: failed after ${rounds.length} rounds: ${failed}`;
    return [name, ...columns.map(([, pick]) => show(typical(results[id], pick)?.value)), ...extra.cells(id)];
  };
  return { title, head: ["", ...columns.map(([head]) => head), ...extra.head], rows: ids.map(row) };
}

interface Extra {
  readonly head: readonly string[];
  cells(id: ContestantId): readonly string[];
}

const none: Extra = { head: [], cells: () => [] };

function cycleTable(results: ByContestant<CycleRound>): Table {
  const columns: Column<CycleRound>[] = [
    ["one key,\ncycles/s", ({ sequential }) => sequential],
    [`${PARALLEL} keys at once,\ncycles/s`, ({ parallel }) => parallel],
  ];
  return table("Acquire and release when nobody else wants the lock", results, columns, {
    head: ["one key,\nof bare", `${PARALLEL} keys,\nof bare`],
    cells: (id) => columns.map(([, pick]) => show(ratio(results, [id, bareOf(id)], pick))),
  });
}

const hotKeyColumns: readonly Column<HotKeyRound>[] = [
  ["total\nms", ({ total }) => total],
  ["total\nof ideal", ({ overIdeal }) => overIdeal],
  ["hand-over\np50 ms", ({ handOverP50 }) => handOverP50],
  ["hand-over\np99 ms", ({ handOverP99 }) => handOverP99],
  ["wait\np99 ms", ({ waitP99 }) => waitP99],
  ["longest wait\nms", ({ longestWait }) => longestWait],
  ["longest\nof ideal", ({ longestOverIdeal }) => longestOverIdeal],
  ["commands\nper grant", ({ commands }) => commands],
  ["Redis CPU\nµs per grant", ({ redisCpu }) => redisCpu],
  ["out of\norder", ({ inversions }) => inversions],
  ["over-\nlaps", ({ overlaps }) => overlaps],
  ["fairness\n(Jain)", ({ fairness }) => fairness],
];

const hotKeyTables = (hot: HotKeyResults): Table[] =>
  hot.map(({ scene: { processes, waiters }, results }) =>
    table(
      `One hot key: ${processes} processes × ${waiters} ${waiters === 1 ? "waiter" : "waiters"}`,
      results,
      hotKeyColumns,
    ),
  );

const renewalTable = (results: ByContestant<RenewalRound>): Table =>
  table(
    `${HELD.toLocaleString("en").replace(",", " ")} locks kept alive, ttl ${RENEWAL_TTL / 1_000} s: per round of extensions`,
    results,
    [
      ["commands", ({ commands }) => commands],
      ["Redis CPU ms", ({ redisCpu }) => redisCpu],
      ["Node CPU ms", ({ nodeCpu }) => nodeCpu],
    ],
  );

const settingsTable: Table = {
  title: "How each one waits",
  head: ["", "client", "settings"],
  rows: Object.values(contestants).map(({ name, client, settings }) => [name, client, settings]),
};

/** Medians over all rounds; ratios are medians of the rounds' ratios. */
export const tablesOf = ({ cycle, hot, renewal }: Result): Table[] => [
  ...(cycle ? [cycleTable(cycle)] : []),
  ...(hot ? hotKeyTables(hot) : []),
  ...(renewal ? [renewalTable(renewal)] : []),
  settingsTable,
];
