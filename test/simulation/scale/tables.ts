import { failures } from "./recovery";
import type { Result } from "./result";
import type { Quantiles, Size } from "./scene";

const number = (value: number): string =>
  value >= 100 || value === 0 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
const percent = (part: number): string => `${number(100 * part)} %`;
const time = (ms: number): string => (ms >= 1_000 ? `${number(ms / 1_000)} s` : `${number(ms)} ms`);
const times = ({ p50, p99, max }: Quantiles): string[] => [p50, p99, max].map(time);

export const nameOf = ({ processes, keys }: Size): string =>
  keys === 1 ? `${number(processes)} on one key` : `${number(processes)} on ${number(keys)} keys`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** The tables of the page, each between marks with its name. */
export const tablesOf = ({ calm, recoveries }: Result) => ({
  cost: table(
    ["processes", "acquire", "extend", "release", "messages", "heartbeats"],
    calm.map((size) => {
      const { acquire, extend, release, message, heartbeat } = size.perGrant;
      return [nameOf(size), ...[acquire, extend, release, message, heartbeat].map(number)];
    }),
  ),
  rest: table(
    ["processes", "waiters", "commands a second", "of the server's time"],
    calm.map((size) => [
      nameOf(size),
      number(size.grants),
      number(size.rest.perSecond.heartbeat),
      percent(size.rest.load),
    ]),
  ),
  waiting: table(
    ["processes", "p50", "p99", "max", "ideal p50", "ideal p99", "ideal max", "one hand-over", "overtaken"],
    calm.map((size) => {
      const handOver = size.keys === 1 ? (size.wait.max - size.ideal.max) / size.grants : size.wait.p50;
      return [nameOf(size), ...times(size.wait), ...times(size.ideal), time(handOver), number(size.overtakes)];
    }),
  ),
  recovery: table(
    [
      "processes",
      "failure",
      "first grant",
      "all places",
      "commands in 1 s",
      "in the busiest 0.1 s",
      "of the server's time",
      "overtaken",
      "void grants",
    ],
    recoveries.map((row) => [
      nameOf(row),
      failures[row.failure].about,
      time(row.firstGrant),
      time(row.placesBack),
      number(row.firstSecond),
      number(row.busiest),
      percent(row.load),
      number(row.overtakes),
      number(row.idle),
    ]),
  ),
});

const begin = (name: string) => `<!-- ${name}: written by pnpm scale -->`;
const end = (name: string) => `<!-- end of ${name} -->`;

/** Splits a page into the text before the table of this name, the table, and the text after it. */
function split(page: string, name: string): readonly [before: string, table: string, after: string] {
  const [before, rest] = page.split(begin(name));
  const [found, after] = rest?.split(end(name)) ?? [];
  if (found === undefined || after === undefined)
    throw new Error(`The page has lost the marks of ${name}: "${begin(name)}" and "${end(name)}".`);
  return [before!, found.trim(), after];
}

export const tableIn = (page: string, name: string): string => split(page, name)[1];

/** The page with the tables of this result. */
export const withTables = (page: string, result: Result): string =>
  Object.entries(tablesOf(result)).reduce((text, [name, body]) => {
    const [before, , after] = split(text, name);
    return `${before}${begin(name)}\n\n${body}\n\n${end(name)}${after}`;
  }, page);
