import { readFile } from "node:fs/promises";
import { type ContestantId, contestantIds, contestants, titleOf } from "../contestants/contestants";
import type { ByContestant } from "../measure/rounds";
import type { Result } from "./result";
import { typical } from "./summary";
import { forMarkdown, show, type Table } from "./table";
import { bench, writeBetweenMarks } from "./write-between-marks";

const ours = ["distlock-ioredis", "distlock-node-redis"] as const satisfies readonly ContestantId[];
const others = contestantIds.filter((id) => contestants[id].name !== "distlock");

type Row = readonly [name: string, ioredis: string, nodeRedis: string, bestOther: string];

/** The medians of one number: both of ours, and the best of the others with its name. */
function compare<T>(name: string, results: ByContestant<T>, pick: (round: T) => number, better: "more" | "less"): Row {
  const medianOf = (id: ContestantId) => typical(results[id], pick)?.value;
  const measured = others.flatMap((id) => {
    const value = results[id]?.failed === undefined ? medianOf(id) : undefined;
    return value === undefined ? [] : [{ id, value }];
  });
  const [best] = measured.sort((a, b) => (better === "more" ? b.value - a.value : a.value - b.value));
  const [ioredis, nodeRedis] = ours.map((id) => show(medianOf(id))) as [string, string];
  return [name, ioredis, nodeRedis, best ? `${show(best.value)}: ${titleOf(best.id)}` : "–"];
}

function besideOthers({ cycle = {}, hot = [], renewal = {} }: Result): Row[] {
  const [few, many] = hot.map(({ results }) => results);
  if (!few || !many) throw new Error("the hot key was not measured");
  return [
    compare("one key: cycles/s", cycle, (round) => round.sequential, "more"),
    compare("64 keys at once: cycles/s", cycle, (round) => round.parallel, "more"),
    compare("4 processes × 8 waiters: hand-over p99, ms", few, (round) => round.handOverP99, "less"),
    compare("4 × 8: longest wait, ms", few, (round) => round.longestWait, "less"),
    compare("4 × 8: grants out of order, of 600", few, (round) => round.inversions, "less"),
    compare("32 processes × 1 waiter: hand-over p99, ms", many, (round) => round.handOverP99, "less"),
    compare("32 × 1: Redis CPU per grant, µs", many, (round) => round.redisCpu, "less"),
    compare("10 000 locks kept alive: commands per round", renewal, (round) => round.commands, "less"),
  ];
}

function memoryRow({ memory }: Result): Row {
  const turns = (mode: "turns-ioredis" | "turns-node-redis" | "unlocked-ioredis") =>
    show(typical(memory?.results[mode], (round) => round.turns)?.value);
  const without = `${turns("unlocked-ioredis")}: no locks (ioredis)`;
  return ["turns of a memory per second", turns("turns-ioredis"), turns("turns-node-redis"), without];
}

function waitingRow({ waiting }: Result): Row {
  const results = waiting?.keys.find(({ count }) => count === 10_000)?.results;
  const cpu = (client: "ioredis" | "node-redis") =>
    show(typical(results?.[client], (round) => 100 * round.redisCpu)?.value);
  return ["10 000 keys with a waiter each: Redis, % of a core", cpu("ioredis"), cpu("node-redis"), "–"];
}

/** The ten numbers of the bench's README, from the files of the three reports. */
export async function tenNumbers(): Promise<string> {
  const read = async (name: string): Promise<Result> =>
    JSON.parse(await readFile(new URL(`results/${name}.json`, bench), "utf8"));
  const [result, memory, waiting] = await Promise.all([read("result"), read("memory"), read("waiting")]);
  const dates = [
    `${result.machine.date} (the first eight)`,
    `${memory.machine.date} (memory)`,
    `${waiting.machine.date} (waiting)`,
  ];
  const table: Table = {
    title: `Medians, measured on ${dates.join(", ")}`,
    head: ["", ...ours.map(titleOf), "best other"],
    rows: [...besideOthers(result), memoryRow(memory), waitingRow(waiting)],
  };
  return forMarkdown(table);
}

export const writeTenNumbers = async (): Promise<void> =>
  writeBetweenMarks("README.md", "ten numbers", await tenNumbers());
