import { createLocker, inProcessDriver } from "@distlock/core";
import { expect, test } from "vitest";
import { InProcessMemory, LockedMemory, type TurnOptions } from "../../src/index";

const locker = createLocker(inProcessDriver());
const memory = new LockedMemory(new InProcessMemory(), locker, { key: "memory:s1" });

test.for<[unknown, string, RegExp]>([
  [null, "TypeError", /^the options of a turn must be an object/],
  ["wait", "TypeError", /^the options of a turn must be an object/],
  [{ whenBusy: "queue" }, "RangeError", /^whenBusy must be "wait" or "reject", got "queue"/],
  [{ maxTurn: "10m" }, "TypeError", /^maxTurn must be an integer, 1 or more \(ms\), or Infinity, got string/],
  [{ maxTurn: 0 }, "RangeError", /^maxTurn must be an integer, 1 or more \(ms\), or Infinity, got 0/],
  [{ maxTurn: 1.5 }, "RangeError", /^maxTurn must be/],
  [{ maxTurn: Number.NaN }, "RangeError", /^maxTurn must be/],
  [{ maxIdle: "1m" }, "TypeError", /^maxIdle must be an integer, 1 or more \(ms\), or Infinity, got string/],
  [{ maxIdle: 0 }, "RangeError", /^maxIdle must be an integer, 1 or more \(ms\), or Infinity, got 0/],
  [{ maxIdle: 0.5 }, "RangeError", /^maxIdle must be/],
  [{ whenBusy: "reject", timeout: 1 }, "RangeError", /^timeout must be left out or 0 when whenBusy is "reject", got 1/],
  [{ autoExtend: false }, "TypeError", /^autoExtend is not an option of a turn/],
  [{ maxHold: 1 }, "TypeError", /^maxHold is not an option of a turn/],
  [{ ttl: 0 }, "RangeError", /^ttl must be an integer from 3 to 2147483647/],
  [{ timeout: -1 }, "RangeError", /^timeout must be a number of ms, 0 or more/],
  [{ signal: 1 }, "TypeError", /^signal must be an AbortSignal/],
  [{ waitMs: 1 }, "TypeError", /^unknown option "waitMs"/],
])("a turn refuses the options %o", async ([options, name, message]) => {
  const error = expect.objectContaining({ name, message: expect.stringMatching(message) });
  await expect(memory.beginTurn(options as TurnOptions)).rejects.toEqual(error);
  await expect(memory.withTurn(options as TurnOptions, () => {})).rejects.toEqual(error);
});

test("a turn takes what a lock takes, and no cap", async () => {
  const options: TurnOptions = {
    whenBusy: "wait",
    maxTurn: Number.POSITIVE_INFINITY,
    maxIdle: Number.POSITIVE_INFINITY,
    timeout: 0,
    ttl: 1_000,
    wait: "retry",
    maxAttempts: 1,
    retryDelay: () => 1,
    signal: new AbortController().signal,
  };
  expect(await memory.withTurn(options, () => 1)).toBe(1);
  expect(
    await memory.withTurn({ whenBusy: "reject", timeout: 0, maxTurn: undefined, maxIdle: undefined }, () => 1),
  ).toBe(1);
});

test("withTurn refuses work that is not a function", async () => {
  await expect(memory.withTurn({} as never)).rejects.toThrow(/^withTurn: the last argument must be a function/);
  await expect(memory.withTurn({}, undefined as never)).rejects.toThrow(
    /^withTurn: the last argument must be a function/,
  );
});
