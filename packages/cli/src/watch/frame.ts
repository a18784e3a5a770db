import { byHold, byKey, byWait, type Seen } from "../locks/seen";
import { holderText, lockTable } from "../locks/table";
import type { Colors } from "../output/colors";
import { formatDuration } from "../output/duration";
import { escaped } from "../output/escape";
import { type Cell, table } from "../output/table";
import { cut } from "../output/width";
import type { Change } from "./changes";
import type { Look } from "./looks";

/** What the screen shows. */
export interface View {
  readonly pattern: string;
  readonly look: Look | undefined;
  /** The newest first. */
  readonly changes: readonly Change[];
  /** Why there is no newer look, and since when, on `performance.now()`. */
  readonly trouble: { readonly message: string; readonly since: number } | undefined;
}

export interface FrameOptions {
  readonly columns: number;
  readonly rows: number;
  readonly colors: Colors;
  /** On `performance.now()`. */
  readonly now: number;
}

/** A lock as it is some ms after the look, if nothing has happened to it. */
const later = (seen: Seen, ms: number): Seen => ({
  ...seen,
  now: seen.now + ms,
  remaining: Math.max(seen.remaining - ms, 0),
});

const inOrder = (a: Seen, b: Seen): number => byWait(a, b) || byHold(a, b) || byKey(a, b);

/** The lines of the screen: never more than its rows, none wider than its columns. */
export function frame(view: View, options: FrameOptions): string[] {
  const { columns, rows, colors } = options;
  const top = [...headOf(view, options), ""];
  const changes = changeLines(view.changes, Math.max(Math.floor(rows / 3), 3), options);
  const room = rows - top.length - changes.length - 1;
  const body = lockLines(view, room, options);
  const gap = Array.from({ length: Math.max(room - body.length, 0) }, () => "");
  const lines = [...top, ...body, ...gap, "", ...changes].slice(0, rows);
  return lines.map((line) => (line === "" ? line : cut(line, columns))).map((line) => line || colors.reset(""));
}

function headOf({ pattern, look, trouble }: View, { now, colors }: FrameOptions): string[] {
  const locks = [...(look?.locks.values() ?? [])];
  const held = locks.filter((seen) => seen.held).length;
  const waited = locks.filter(({ waiting }) => waiting > 0).length;
  const counts = look === undefined ? "looking" : `${held} held, ${waited} waited for`;
  const head = `${colors.bold(`distlock watch ${escaped(pattern)}`)}  ${counts}  ${colors.dim("q quits")}`;
  if (trouble === undefined) return [head];
  const since = formatDuration(now - trouble.since);
  return [head, colors.red(`no answer for ${since}, what follows is older: ${escaped(trouble.message)}`)];
}

function lockLines({ look }: View, room: number, { columns, now, colors }: FrameOptions): string[] {
  if (look === undefined || room < 2) return [];
  const locks = [...look.locks.values()].map((seen) => later(seen, now - look.at)).sort(inOrder);
  if (locks.length === 0) return [colors.dim("no lock is held or waited for")];
  const isTooMany = locks.length > room - 1;
  const shown = isTooMany ? locks.slice(0, Math.max(room - 2, 0)) : locks;
  const more = isTooMany ? [colors.dim(`and ${locks.length - shown.length} more`)] : [];
  return [...lockTable(shown, colors, columns), ...more];
}

const changeColumns = [
  { name: "TIME" },
  { name: "CHANGE" },
  { name: "KEY", cut: "middle" as const },
  { name: "HOLDER", cut: "end" as const },
  { name: "FENCE" },
];

function changeLines(changes: readonly Change[], room: number, { columns, colors }: FrameOptions): string[] {
  const rows = changes.slice(0, room - 1).map((change) => changeCells(change, colors));
  if (rows.length === 0) return [];
  return table({ columns: changeColumns, rows, width: columns, paintHead: colors.bold });
}

function changeCells({ event, seen, time }: Change, { green, yellow, cyan }: Colors): readonly Cell[] {
  const paint = { held: String, granted: green, "handed-over": cyan, released: String, ended: yellow }[event];
  return [
    { text: new Date(time).toISOString().slice(11, 19) },
    { text: event, paint },
    { text: escaped(seen.key) },
    { text: holderText(seen) },
    { text: String(seen.fence) },
  ];
}
