import Table from "cli-table3";
import pc from "picocolors";
import { quantile } from "simple-statistics";
import type { Run } from "./run";

const milliseconds = (time: number): string => `${time.toFixed(1)} ms`;
const seconds = (time: number): string => `${(time / 1_000).toFixed(1)} s`;
const percentiles = (waits: readonly number[]): [p50: string, p99: string] => [
  milliseconds(quantile([...waits], 0.5)),
  milliseconds(quantile([...waits], 0.99)),
];
const damage = (count: number): string => (count === 0 ? pc.green("0") : pc.red(String(count)));

function table(head: string[], left: number, rows: string[][]): string {
  const colAligns = head.map((_, column) => (column < left ? ("left" as const) : ("right" as const)));
  const made = new Table({ head: head.map((text) => pc.bold(text)), colAligns, style: { head: [], border: [] } });
  made.push(...rows);
  return made.toString();
}

/** The two runs side by side. */
export function compareRuns(withoutLock: Run, locked: Run): string {
  const row = (name: string, { written, kept, lost, mixed, duration }: Run, waits: [string, string]) => [
    name,
    String(written),
    String(kept),
    damage(lost),
    damage(mixed),
    ...waits,
    seconds(duration),
  ];
  return table(
    [
      "",
      "turns\nwritten",
      "turns\nkept",
      "turns\nlost",
      "interleaved or\nout of order",
      "wait\np50",
      "wait\np99",
      "\nduration",
    ],
    1,
    [
      row("without lock", withoutLock, ["–", "–"]),
      row("with LockedMemory", locked, percentiles(locked.parts.flatMap(({ waits }) => waits))),
    ],
  );
}

/** The work of each instance of a run. */
export const listInstances = ({ parts }: Run): string =>
  table(
    ["instance", "client library", "turns written", "wait p50", "wait p99"],
    2,
    parts.map(({ instance, clientLibrary, waits }) => [
      instance,
      clientLibrary,
      String(waits.length),
      ...percentiles(waits),
    ]),
  );
