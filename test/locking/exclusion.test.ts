import { startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test } from "vitest";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { countTogether } from "./exclusion";

const server = await startRedis();

afterAll(() => server.stop());

describe("4 processes add 250 times each to a counter that they read and write", () => {
  test("to 1,000 under the lock, each on another client", async () => {
    expect(await countTogether(server, "locked", oldestAndNewest)).toBe(1_000);
  });

  test("or to two of three at a time, 800 in all, under one lock of both, named in either order", async () => {
    expect(await countTogether(server, "several", oldestAndNewest)).toBe(800);
  });

  test("to less without the lock", async () => {
    expect(await countTogether(server, "bare", oldestAndNewest)).toBeLessThan(1_000);
  });
});
