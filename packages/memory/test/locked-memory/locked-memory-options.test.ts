import { createLocker, inProcessDriver } from "@distlock/core";
import { describe, expect, test } from "vitest";
import { InProcessMemory, LockedMemory, toVariableMemory } from "../../src/index";

const memory = new InProcessMemory();
const driver = inProcessDriver();
const locker = createLocker(driver);
const create = LockedMemory as unknown as new (...args: unknown[]) => unknown;

const error = (name: string, message: RegExp) =>
  expect.objectContaining({ name, message: expect.stringMatching(message) });

describe("new LockedMemory", () => {
  test.for<[unknown, string, RegExp]>([
    [undefined, "TypeError", /^options must be an object with a key/],
    [null, "TypeError", /^options must be an object with a key/],
    [{}, "TypeError", /^key must be a string, got undefined/],
    [{ key: 1 }, "TypeError", /^key must be a string, got number/],
    [{ key: "" }, "RangeError", /^key must not be empty/],
    [{ key: "a}b" }, "RangeError", /^key "a}b" must have no "}" outside a {hash tag}/],
    [{ key: "k", ttl: 0 }, "RangeError", /^ttl must be an integer from 3 to 2147483647/],
    [{ key: "k", ttl: "30s" }, "TypeError", /^ttl must be an integer/],
    [{ key: "k", timeout: -1 }, "RangeError", /^timeout must be a number of ms, 0 or more/],
    [{ key: "k", maxAttempts: 0 }, "RangeError", /^maxAttempts must be an integer, 1 or more/],
    [{ key: "k", retryDelay: -1 }, "RangeError", /^retryDelay must be/],
    [{ key: "k", autoExtend: 1 }, "TypeError", /^autoExtend must be true or false/],
    [{ key: "k", wait: "poll" }, "RangeError", /^wait must be/],
    [{ key: "k", waitReplicas: -1 }, "RangeError", /^waitReplicas must be an integer, 0 or more/],
    [{ key: "k", waitReplicas: "1" }, "TypeError", /^waitReplicas must be an integer/],
    [{ key: "k", lockTtl: 1 }, "TypeError", /^unknown option "lockTtl"/],
    [{ key: "k", signal: new AbortController().signal }, "TypeError", /^signal is an option of each call/],
  ])("refuses the options %o", ([options, name, message]) => {
    expect(() => new create(memory, locker, options)).toThrow(error(name, message));
  });

  test.for([undefined, null, {}, { save() {}, load() {}, search() {} }, { saveContext() {}, clear() {} }])(
    "refuses the memory %o",
    (bad) => {
      expect(() => new create(bad, locker, { key: "k" })).toThrow(error("TypeError", /^LockedMemory needs a memory/));
    },
  );

  test.for([undefined, null, {}, driver])("refuses the locker %o", (bad) => {
    expect(() => new create(memory, bad, { key: "k" })).toThrow(error("TypeError", /^LockedMemory needs a locker/));
  });

  test("takes what a lock takes", () => {
    const options = {
      key: "k",
      ttl: 3,
      timeout: 0,
      autoExtend: false,
      maxHold: 1,
      maxAttempts: 1,
      wait: "retry",
    } as const;
    expect(() => new LockedMemory(memory, locker, { ...options, retryDelay: () => 1 })).not.toThrow();
    expect(() => new LockedMemory(toVariableMemory(memory), locker, { key: "k", ttl: undefined })).not.toThrow();
  });
});
