import { describe, expect, test } from "vitest";
import { extensionDue, type LeaseTerms, planExtension, retryDue } from "../src/locker/hold/lease-schedule";

const never = Number.POSITIVE_INFINITY;
const terms = (ttl: number, more: Partial<LeaseTerms> = {}): LeaseTerms => ({
  ttl,
  autoExtend: true,
  maxHoldAt: never,
  ...more,
});

describe("an extension is due", () => {
  test.each([
    ["after a third of the ttl", 30_000, 90_000, 100_000],
    ["at the next multiple of a thirtieth of the ttl", 30_000, 90_001, 101_000],
    ["at the same time for locks that were granted at about the same time", 30_000, 91_000, 101_000],
    ["after a third of a ttl that is short", 30, 100, 110],
  ])("%s", (_, ttl, from, due) => expect(extensionDue(terms(ttl), from)).toBeCloseTo(due));

  test("never without automatic extension", () => {
    expect(extensionDue(terms(30_000, { autoExtend: false }), 0)).toBe(never);
  });
});

describe("the plan of an extension", () => {
  test.each([
    // title, terms, time, deadline, ttl to ask for, when to look again
    ["asks for the ttl", terms(30_000), 110_000, 129_698, 30_000, 111_000],
    ["looks again after a third of a short ttl", terms(300), 1_000, 1_200, 300, 1_100],
    ["asks for a claim's whole ttl", terms(30_000, { autoExtend: false }), 100_000, 102_968, 30_000, 101_000],
    ["asks for what is left until maxHold", terms(30_000, { maxHoldAt: 120_000.7 }), 110_000, 115_000, 10_000, 111_000],
    [
      "asks for nothing when the rest until maxHold is held",
      terms(30_000, { maxHoldAt: 120_000 }),
      110_000,
      120_000,
      0,
      never,
    ],
    ["asks for nothing after maxHold", terms(30_000, { maxHoldAt: 100_000 }), 110_000, 111_000, 0, never],
    ["asks for nothing when the caller made the lease longer", terms(30_000), 110_000, 180_000, 0, 160_000],
    [
      "asks for nothing ever when such a lease is not extended",
      terms(30_000, { autoExtend: false }),
      110_000,
      180_000,
      0,
      never,
    ],
  ])("%s", (_, agreed, time, deadline, ttl, nextAt) => {
    expect(planExtension(agreed, time, deadline)).toEqual({ ttl, nextAt });
  });
});

test.each([
  ["a twelfth of the ttl", 6_000, 500],
  ["10 ms", 30, 10],
  ["a second", 60_000, 1_000],
])("a failed extension is sent again after %s", (_, ttl, pause) => {
  expect(retryDue(terms(ttl), 100)).toBe(100 + pause);
});
