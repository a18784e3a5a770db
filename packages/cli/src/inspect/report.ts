import { age, isForeign, oldestWait, type Seen } from "../locks/seen";
import { duration, holderText } from "../locks/table";
import type { Colors } from "../output/colors";
import { formatDuration } from "../output/duration";
import { escaped } from "../output/escape";
import { table } from "../output/table";
import { cut } from "../output/width";
import type { Change } from "./change";

export interface ReportOptions {
  readonly colors: Colors;
  readonly width: number | undefined;
}

const time = (ms: number): string => new Date(ms).toISOString();

/** The lines for people about one lock. `change` is what a second look has shown, if there was one. */
export function report(seen: Seen, change: Change | undefined, { colors, width }: ReportOptions): string[] {
  const facts = [...factsOf(seen, colors), ...leaseOf(seen, change, colors), ...endOf(seen)];
  const lines = facts.map(([name, text]) => `${colors.bold(name.padEnd(8))}  ${text}`);
  const fitting = width === undefined ? lines : lines.map((line) => cut(line, width));
  return [...fitting, ...queueOf(seen, { colors, width })];
}

type Fact = readonly [name: string, text: string];

function factsOf(seen: Seen, { green, yellow }: Colors): Fact[] {
  const { key, held, holder } = seen;
  const facts: Fact[] = [
    ["key", escaped(key)],
    ["state", held ? yellow("held") : green("free")],
  ];
  if (held) facts.push(["holder", holderText(seen)]);
  const since = holder?.since ?? (held ? undefined : seen.granted);
  if (held && since == null) facts.push(["since", "not known: no token of distlock is in the key"]);
  else if (since != null) {
    const ago = formatDuration(held ? age(seen)! : Math.max(seen.now - since, 0));
    facts.push([held ? "since" : "granted", `${time(since)} (${ago} ago)`]);
  }
  if (holder?.link !== undefined) facts.push(["link", escaped(holder.link)]);
  return facts;
}

function leaseOf({ held, remaining }: Seen, change: Change | undefined, { green, red }: Colors): Fact[] {
  if (!held) return [];
  const left = `${formatDuration(remaining)} left`;
  if (change === undefined) return [["lease", left]];
  const between = `between two looks ${formatDuration(change.apart)} apart`;
  if (change.kind === "other hold") return [["lease", `${left}; the holder changed ${between}`]];
  if (change.kind === "extended") {
    return [["lease", `${left}; ${green("extended")} ${between}, so the ttl is at least ${formatDuration(remaining)}`]];
  }
  const counting = `${left}; ${red("not extended")} ${between}`;
  // A holder extends after a third of its ttl, which is 10 s by default.
  return [
    ["lease", counting],
    ["", "a holder that keeps its lease alive extends it when a third is gone: distlock watch shows it"],
  ];
}

const endOf = (seen: Seen): Fact[] => [
  ["fence", isForeign(seen) ? `none; the last one of distlock is ${seen.fence}` : String(seen.fence)],
  ["waiting", seen.waiting === 0 ? "0" : `${seen.waiting}, the first for ${duration(oldestWait(seen))}`],
];

function queueOf({ now, waiting, waiters }: Seen, { colors, width }: ReportOptions): string[] {
  if (waiters.length === 0) return [];
  const rows = waiters.map(({ label, since }, i) => [
    { text: String(i + 1) },
    { text: label === undefined ? "(no label)" : escaped(label), ...(label === undefined && { paint: colors.dim }) },
    { text: duration(since === undefined ? undefined : Math.max(now - since, 0)) },
    { text: since === undefined ? duration(undefined) : time(since) },
  ]);
  const columns = [{ name: "PLACE" }, { name: "WAITER", cut: "end" as const }, { name: "WAITED" }, { name: "SINCE" }];
  const more = waiting - waiters.length;
  return ["", ...table({ columns, rows, width, paintHead: colors.bold }), ...(more > 0 ? [`and ${more} more`] : [])];
}
