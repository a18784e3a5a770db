import type { MemoryResults, MemoryRound } from "../measure/memory";
import { type MemoryModeId, memoryModeIds, memoryModes, titleOfMode, unlockedOf } from "../worker/memory-modes";
import { ratio, typical } from "./summary";
import { show, type Table } from "./table";

/** Medians over all rounds; the ratio is the median of the rounds' ratios. */
export function memoryTable({ scene, results }: MemoryResults): Table {
  const whole = (number: number) => number.toLocaleString("en").replace(",", " ");
  function row(id: MemoryModeId): string[] {
    const { rounds, failed } = results[id]!;
    const name =
      failed === undefined ? titleOfMode(id) : `${titleOfMode(id)}: failed after ${rounds.length} rounds: ${failed}`;
    const value = (pick: (round: MemoryRound) => number) => show(typical(results[id], pick)?.value);
    const waits = [value((r) => r.waitP50), value((r) => r.waitP99), value((r) => r.longestWait)];
    return [
      name,
      value((r) => r.turns),
      show(ratio(results, [id, unlockedOf(id)], (r) => r.turns)),
      ...(memoryModes[id].locked ? waits : waits.map(() => "–")),
      value((r) => r.commands),
      value((r) => r.redisCpu),
      show(Math.max(0, ...rounds.map((r) => r.lost))),
      value((r) => r.blind),
    ];
  }
  return {
    title: `${whole(scene.sessions)} sessions × ${scene.turns} turns at once, asked for by ${scene.instances} instances`,
    head: [
      "",
      "turns/s",
      "of no locks",
      "wait\np50 ms",
      "wait\np99 ms",
      "longest wait\nms",
      "commands\nper turn",
      "Redis CPU\nµs per turn",
      "lost turns,\nat most",
      "blind turns",
    ],
    rows: memoryModeIds.map(row),
  };
}
