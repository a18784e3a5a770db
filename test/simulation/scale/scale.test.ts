import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { large } from "../large";
import { planOf } from "../plan";
import { quiet } from "../quiet";
import { run } from "../run";
import { BACKGROUND_BATCH_LIMIT, BATCH_LIMIT, TOKENS_OF_A_KEY } from "./busy-network";
import { failures } from "./recovery";
import { isSame, onPage, type Result, sizes } from "./result";
import { calm, failing } from "./scene";
import { tableIn, tablesOf } from "./tables";

const root = new URL("../../../", import.meta.url);
const read = (file: string): Promise<string> => readFile(new URL(file, root), "utf8");
const page = await read("docs/internals/scale.md");
const result = JSON.parse(await read("docs/internals/scale.json")) as Result;

/** Enough for a machine that is busy with other work. */
const patience = { timeout: 120_000 };
/** By how much a number may differ from the page: a small change of the protocol needs no new page. */
const SOME = 0.25;

let loud: () => void;
beforeAll(() => {
  loud = quiet();
});
afterAll(() => loud());

test("the page has the tables of the numbers beside it", () => {
  const shown = Object.keys(tablesOf(result)).map((name) => [name, tableIn(page, name)]);
  expect(Object.fromEntries(shown)).toEqual(tablesOf(result));
});

test("each size of the page was measured, without a failure and with each failure", () => {
  for (const size of onPage.map((name) => sizes[name])) {
    expect(result.calm.filter((row) => isSame(row, size))).toHaveLength(1);
    const measured = result.recoveries.filter((row) => isSame(row, size)).map(({ failure }) => failure);
    expect(measured).toEqual(Object.keys(failures));
  }
});

test("a grant of the smallest size costs what the page says", patience, async () => {
  const then = result.calm.find((row) => isSame(row, sizes["hot-10"]))!;
  const now = await calm(result.seed, sizes["hot-10"]);
  expect(now.perGrant).toEqual(then.perGrant);
  expect(now.failed + now.overtakes).toBe(0);
  expect(now.rest.perSecond.heartbeat / then.rest.perSecond.heartbeat).toBeCloseTo(1, 1);
  expect(Math.abs(now.wait.max / then.wait.max - 1)).toBeLessThan(SOME);
});

test("ten waiters recover from a short restart at their places", patience, async () => {
  const recovery = await failing(result.seed, sizes["hot-10"], "blink");
  expect(recovery).toMatchObject({ overtakes: 0, idle: 0, failed: 0, placesBack: 0 });
});

test("requests share commands as in the Redis driver", async () => {
  const source = await read("packages/core/src/redis/redis-scripts.ts");
  for (const [name, value] of Object.entries({ BATCH_LIMIT, BACKGROUND_BATCH_LIMIT, TOKENS_OF_A_KEY }))
    expect(source).toContain(`const ${name} = ${value};`);
});

test("100 waiters keep every promise while the server fails", patience, async () => {
  expect((await run(planOf(result.seed, large["hot-100"]))).violations).toEqual([]);
});

test("a seed of such a scenario is one history", patience, async () => {
  const once = async () => JSON.stringify((await run(planOf(result.seed, large["hot-10"]))).history);
  const [one, two] = [await once(), await once()];
  expect(one.length).toBeGreaterThan(100_000);
  expect(one === two).toBe(true);
});
