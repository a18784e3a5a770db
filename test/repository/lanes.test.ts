import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findRedisServer } from "@distlock/testing";
import { expect, test } from "vitest";
import { filesOf, laneOf, lanes, quickLanes, sharing, testFiles, testFilesOf, uses } from "../support/lanes";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("the tests of the core and of the driver contract start no process", () => {
  const own = testFiles.filter((file) => /^packages\/(core|testing)\/test\//.test(file));
  expect(own.length).toBeGreaterThan(10);
  expect(own.filter((file) => laneOf(file) !== "unit")).toEqual([]);
});

test("a unit test that starts a server all the same fails: it finds none", () => {
  expect(() => findRedisServer()).toThrow("unit-tests-start-no-server");
});

test.each([
  ["by itself", "test/locking/fences.test.ts", "redis"],
  ["by what it imports", "test/holding/grant.test.ts", "redis"],
  ["with other times of the core", "test/model/waiters.test.ts", "model"],
  ["of several nodes", "test/topology/locks.test.ts", "topology"],
  ["again and again", "test/model/random-runs.test.ts", "slow"],
])("a test that starts a server %s is not a unit test", (_, file, lane) => {
  expect(laneOf(file)).toBe(lane);
});

test("each test is in one lane, and no lane is empty", () => {
  const all = lanes.map(testFilesOf);
  expect(all.every((files) => files.length > 0)).toBe(true);
  expect(all.flat().sort()).toEqual(testFiles);
});

/** In two pieces, so that this file is not one that does it. */
const replacement = ["vi", "mock("].join(".");

test("a test that replaces a module shares its process with no other", () => {
  const replacing = testFiles.filter((file) => readFileSync(join(root, file), "utf8").includes(replacement));
  expect(replacing.length).toBeGreaterThan(5);
  expect(replacing.filter((file) => sharing.includes(laneOf(file)))).toEqual([]);
});

test("a module that several test files share registers no hook by itself: it would be called in the first of them only", () => {
  const shared = new Set(sharing.flatMap(testFilesOf).flatMap((file) => [...filesOf(file)]));
  const hooked = [...shared].filter((file) => /^(after|before)(All|Each)\(/m.test(readFileSync(file, "utf8")));
  expect(hooked.length).toBeGreaterThan(20);
  expect(hooked.filter((file) => !file.endsWith(".test.ts"))).toEqual([]);
});

test("the script that runs the quick lanes knows them", () => {
  const script = readFileSync(join(root, "scripts/test.mjs"), "utf8");
  expect([...script.matchAll(/"--project=(\w+)"/g)].map(([, lane]) => lane)).toEqual(quickLanes);
});

/** A claim about names alone; where names are kept is shown in a Cluster. */
const ofNames = "no two locks share a key";

/** The claims of the index, each with the files that test it. */
const claims = readFileSync(join(root, "docs/internals/promises.md"), "utf8")
  .split("\n")
  .filter((line) => /^\| (?!claim|---)/.test(line))
  .map((line) => {
    const [claim = "", , tests = ""] = line.slice(2).split(" | ");
    return { claim, files: [...tests.matchAll(/\]\(\.\.\/\.\.\/([^)]+)\)/g)].map(([, file]) => file!) };
  });

test("the index has claims", () => expect(claims.length).toBeGreaterThan(30));

test.each(claims.filter(({ claim }) => claim !== ofNames))(
  "a quick test shows on a real server: $claim",
  ({ files }) => {
    // The contract of drivers is run by the tests of each client's package.
    const inContract = files.some((file) => file.startsWith("packages/testing/src/contract/"));
    const tests = testFiles.filter((test) => files.some((file) => uses(test, file)));
    const withServer = tests.filter((test) => ["redis", "model"].includes(laneOf(test)));
    expect(inContract || withServer.length > 0).toBe(true);
  },
);
