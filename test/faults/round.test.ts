import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { explain } from "./explain";
import { runRound } from "./round";

const { FAULTS_SEED } = process.env;
const seed = FAULTS_SEED === undefined ? Date.now() % 1_000_000 : Number(FAULTS_SEED);
const timeout = 180_000;

test.each([seed])("every promise is kept while everything goes wrong (FAULTS_SEED=%i)", { timeout }, async (seed) => {
  const result = await runRound({ seed });
  expect(result.counts.granted).toBeGreaterThan(50);
  expect(result.violations.length, explain(result, seed)).toBe(0);
});

test("without locks the check fails", { timeout }, async () => {
  const result = await runRound({ seed, clients: ["ioredis 6.0.0", "redis 6.3.1"], rage: 0, bare: true });
  const rules = result.violations.map(({ rule }) => rule);
  for (const rule of ["exclusion", "belief", "fences", "stored", "loss"] as const) expect(rules).toContain(rule);
  await rm(result.folder, { recursive: true });
});
