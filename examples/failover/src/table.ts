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
export const overlapOf = (held: readonly Held[], history: History): number =>
  held.reduce((sum, turn, i) => {
    const next = held[i + 1];
    return sum + (next ? Math.max(0, believedUntil(turn, history) - next.granted) : 0);
  }, 0);

/** What happened to each lock. */
export function listLocks(history: History): string {
  const head = [
    "lock",
    "ttl",
    "grants",
    "wait\np50",
    "wait\nlongest",
    "nobody\nheld it",
    "lost",
    "two\nbelieved",
    "writes\nrefused",
  ];
  const colAligns = head.map((_, column) => (column === 0 ? ("left" as const) : ("right" as const)));
  const table = new Table({ head: head.map((text) => pc.bold(text)), colAligns, style: { head: [], border: [] } });
  for (const { name, ttl } of locks) {
    const held = heldOf(history, name);
    const waits = held.map(({ asked, granted }) => granted - asked);
    const overlap = overlapOf(held, history);
    table.push([
      name,
      seconds(ttl),
      String(held.length),
      waits.length > 0 ? seconds(median(waits)) : "–",
      waits.length > 0 ? seconds(max(waits)) : "–",
      seconds(longestGap(held, history)),
      String(held.filter(({ lost }) => lost !== undefined).length),
      overlap > 0 ? seconds(overlap) : "never",
      String(held.reduce((sum, { refused }) => sum + refused, 0)),
    ]);
  }
  return table.toString();
}
