import type { Colors } from "../output/colors";
import { formatDuration } from "../output/duration";
import { escaped } from "../output/escape";
import { type Cell, type Column, table } from "../output/table";
import { age, isForeign, oldestWait, type Seen, sinceGrant } from "./seen";

const columns: readonly Column[] = [
  { name: "KEY", cut: "middle" },
  { name: "HOLDER", cut: "end" },
  { name: "HELD" },
  { name: "LEFT" },
  { name: "WAITING" },
  { name: "OLDEST" },
  { name: "FENCE" },
];

/** In place of a value that is not known, or that a free lock does not have. */
export const NOTHING = "–";

/** A length of time, or the sign for none. */
export const duration = (ms: number | undefined): string => (ms === undefined ? NOTHING : formatDuration(ms));

/** The holder in a few words. */
export function holderText(seen: Seen): string {
  if (seen.holder === null) {
    const since = sinceGrant(seen);
    return since === undefined ? "(free)" : `(free, granted ${formatDuration(since)} ago)`;
  }
  if (isForeign(seen)) return "(another library)";
  return seen.holder.label === undefined ? "(no label)" : escaped(seen.holder.label);
}

/** Below this a lease is likely to run out: a holder that is alive extends it when a third is gone. */
const SHORT = 2_000;

function row(seen: Seen, { dim, red, yellow }: Colors): readonly Cell[] {
  const { key, held, remaining, holder, waiting, fence } = seen;
  const isNamed = held && !isForeign(seen) && holder?.label !== undefined;
  return [
    { text: escaped(key) },
    { text: holderText(seen), paint: isNamed ? undefined : dim },
    { text: duration(age(seen)) },
    { text: duration(held ? remaining : undefined), paint: held && remaining < SHORT ? red : undefined },
    { text: String(waiting), paint: waiting > 0 ? yellow : undefined },
    { text: duration(oldestWait(seen)) },
    { text: fence > 0 && !isForeign(seen) ? String(fence) : NOTHING },
  ];
}

/** The lines of a table of locks, which fits into so many columns if there is a limit. */
export const lockTable = (locks: readonly Seen[], colors: Colors, width: number | undefined): string[] =>
  table({ columns, rows: locks.map((seen) => row(seen, colors)), width, paintHead: colors.bold });
