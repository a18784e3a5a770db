import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { tenNumbers } from "../../bench/src/report/ten-numbers.ts";

const read = (page: string) => readFile(fileURLToPath(new URL(`../../bench/${page}`, import.meta.url)), "utf8");

test("the README of the bench shows the numbers of the last full runs", async () => {
  expect(await read("README.md")).toContain(await tenNumbers());
});

test.each(["result", "memory", "waiting", "observing"])("the bench finds the place of its %s", async (name) => {
  const text = await read("results/README.md");
  expect(text).toMatch(new RegExp(`^<!-- ${name}: written by pnpm bench -->$.*^<!-- end of ${name} -->$`, "ms"));
});
