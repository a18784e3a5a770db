import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const { peerDependencies, peerDependenciesMeta, devDependencies } = JSON.parse(
  await readFile(new URL("../../package.json", import.meta.url), "utf8"),
) as Record<"peerDependencies" | "devDependencies", Record<string, string>> & {
  peerDependenciesMeta: Record<string, { optional: boolean }>;
};

const numbers = (version: string): number[] => version.split(".").map(Number);

function isAtLeast(version: string, least: string): boolean {
  const [a, b] = [numbers(version), numbers(least)];
  const i = a.findIndex((number, at) => number !== b[at]);
  return i === -1 || a[i]! > b[i]!;
}

const peers = Object.entries(peerDependencies);

const testedOf = (name: string): string[] =>
  Object.entries(devDependencies)
    .filter(([alias, version]) => alias === name || version.startsWith(`npm:${name}@`))
    .map(([, version]) => version.replace(/^npm:.*@/, ""));

test("every framework is an optional peer, of which one version is installed for the tests", () => {
  expect(peers.map(([name]) => name)).toEqual([
    "@langchain/core",
    "@langchain/langgraph",
    "@mastra/core",
    "@openai/agents",
    "ai",
    "chat",
  ]);
  expect(Object.keys(peerDependenciesMeta)).toEqual(Object.keys(peerDependencies));
  for (const { optional } of Object.values(peerDependenciesMeta)) expect(optional).toBe(true);
});

// A range without an upper end: an app with a newer version, which may use other parts of this package, must still install.
test.for(peers)("the tested version of %s is in the range %s", ([name, range]) => {
  const least = range.match(/^>=(\d+\.\d+\.\d+)$/)![1]!;
  expect(testedOf(name).length).toBeGreaterThan(0);
  for (const version of testedOf(name)) expect(isAtLeast(version, least), version).toBe(true);
});

test.for(peers)("the docs name the tested version of %s, and the range", async ([name, range]) => {
  const docs = await readFile(new URL("../../../../docs/memory.md", import.meta.url), "utf8");
  const row = docs.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
  expect(row).toContain(`\`${range}\``);
  for (const version of testedOf(name)) expect(row).toContain(version);
});
