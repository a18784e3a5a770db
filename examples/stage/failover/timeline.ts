import pc from "picocolors";
import { believedUntil, type Held, type History, heldOf } from "./history";
import { locks } from "./locks";

const NAME = 9;
const colors = [pc.cyan, pc.yellow, pc.magenta, pc.green];

/** One line of a terminal per lock: in each column the number of the worker that held it longest in that time. */
export function drawTimeline(history: History, width = 80): string {
  const { began, ended, workers, failover } = history;
  const columns = Math.max(30, Math.min(width, 110) - NAME - 1);
  const step = (ended - began) / columns;
  const columnOf = (at: number) => Math.min(columns - 1, Math.max(0, Math.floor((at - began) / step)));

  /** Text at places of an otherwise empty line. */
  const line = (marks: readonly (readonly [at: number, text: string])[]): string => {
    const cells = Array.from({ length: columns }, () => " ");
    for (const [at, text] of marks) {
      const from = Math.min(columnOf(at), columns - text.length);
      for (const [i, letter] of [...text].entries()) cells[from + i] = letter;
    }
    return `${" ".repeat(NAME)}${cells.join("")}`.trimEnd();
  };

  function cellsOf(lock: string): string {
    const held = heldOf(history, lock);
    const cells = Array.from({ length: columns }, (_, column) => {
      const [from, to] = [began + column * step, began + (column + 1) * step];
      const lost = held.find((turn) => turn.lost !== undefined && turn.lost >= from && turn.lost < to);
      if (lost) return pc.red("x");
      const time = (turn: Held) => Math.min(to, believedUntil(turn, history)) - Math.max(from, turn.granted);
      const shown = held.filter((turn) => time(turn) > 0);
      if (shown.some((turn, i) => i > 0 && turn.granted < believedUntil(shown[i - 1]!, history))) return pc.red("!");
      const longest = shown.reduce<Held | undefined>((best, turn) => {
        return time(turn) > (best ? time(best) : 0) ? turn : best;
      }, undefined);
      if (!longest) return pc.dim("·");
      const worker = workers.indexOf(longest.worker);
      return colors[worker % colors.length]!(String(worker + 1));
    });
    return `${lock.padEnd(NAME)}${cells.join("")}`;
  }

  const every = Math.ceil((ended - began) / 1_000 / (columns / 8));
  const ticks: [number, string][] = [];
  for (let second = 0; began + second * 1_000 < ended; second += every)
    ticks.push([began + second * 1_000, `${second} s`]);
  const marks: [number, string][] = failover
    ? [
        [failover.killed, "▼ kill"],
        [failover.replaced, "▲ new primary"],
      ]
    : [];
  const lines = locks.map(({ name }) => cellsOf(name));
  return [
    ...(failover ? [line(marks)] : []),
    ...lines,
    line(ticks),
    "",
    pc.dim("1 to 4: the worker that held the lock; ·: nobody; x: its holder was notified of the loss"),
    ...(lines.some((text) => text.includes("!")) ? [pc.red("!: two believed that they held it")] : []),
  ].join("\n");
}
