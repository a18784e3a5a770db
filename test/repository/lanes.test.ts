import { findRedisServer } from "@distlock/testing";
import { expect, test } from "vitest";
import { laneOf, lanes, testFiles, testFilesOf } from "../support/lanes";

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
  ["of several nodes", "test/topology/locks.test.ts", "topology"],
  ["for minutes", "test/model/random-runs.test.ts", "slow"],
])("a test that starts a server %s is not a unit test", (_, file, lane) => {
  expect(laneOf(file)).toBe(lane);
});

test("each test is in one lane, and no lane is empty", () => {
  const all = lanes.map(testFilesOf);
  expect(all.every((files) => files.length > 0)).toBe(true);
  expect(all.flat().sort()).toEqual(testFiles);
});
