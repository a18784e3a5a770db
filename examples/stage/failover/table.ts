import Table from "cli-table3";
import pc from "picocolors";
import { max, median } from "simple-statistics";
import { believedUntil, type Held, type History, heldOf } from "./history";
import { locks } from "./locks";

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** The longest time in which nobody held the lock. */
function longestGap(held: readonly Held[], history: History): number {
  let [until, gap] = [history.began, 0];
  for (const turn of held) {
    gap = Math.max(gap, turn.granted - until);
    until = Math.max(until, believedUntil(turn, history));
  }
  return gap;
}

/** For how long two believed that they held the lock, in all. */
const overlapOf = (held: readonly Held[], history: History): number =>
  held.reduce((sum, turn, i) => {
    const next = held[i + 1];
    return sum + (next ? Math.max(0, believedUntil(turn, history) - next.granted) : 0);
  }, 0);

/** A row for each lock: its grants, waits and losses. */
export function listLocks(history: History): string {
  const head = [
    "lock, ttl",
    "grants",
    "wait: p50,\nlongest",
    "nobody\nhad it",
    "lost",
    "over-\nlap",
    "stale\nwrites",
    "failed\ncalls",
  ];
  const colAligns = head.map((_, column) => (column === 0 ? ("left" as const) : ("right" as const)));
  const style = { head: [], border: [], compact: true };
  const table = new Table({ head: head.map((text) => pc.bold(text)), colAligns, style });
  for (const { name, ttl } of locks) {
    const turns = history.turns.filter(({ lock }) => lock === name);
    const held = heldOf(history, name);
    const waits = held.map(({ asked, granted }) => granted - asked);
    const overlap = overlapOf(held, history);
    table.push([
      `${name}, ${ttl / 1_000} s`,
      held.length,
      waits.length > 0 ? `${(median(waits) / 1_000).toFixed(1)}, ${seconds(max(waits))}` : "–",
      seconds(longestGap(held, history)),
      held.filter(({ lost }) => lost !== undefined).length,
      overlap > 0 ? seconds(overlap) : "never",
      turns.reduce((sum, { refused }) => sum + refused, 0),
      turns.filter(({ error }) => error !== undefined && error !== "LOCK_LOST").length,
    ]);
  }
  return table.toString();
}
