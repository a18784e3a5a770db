import { expect, test } from "vitest";
import { LockBackendError, LockError, LockerClosedError, LockLostError, LockNotAcquiredError } from "../src/index";

test("every error has a code, a name, its key, and a message that can be read", () => {
  const cause = new Error("connection refused");
  const errors = [
    new LockNotAcquiredError("k", { attempts: 3, waited: 201.4 }),
    new LockLostError("k", "its lease ended", cause),
    new LockBackendError("k", "acquire failed", cause),
    new LockerClosedError("k"),
  ];
  expect(errors.map(({ name, code, key, message }) => [name, code, key, message])).toEqual([
    [
      "LockNotAcquiredError",
      "LOCK_NOT_ACQUIRED",
      "k",
      'failed to acquire lock "k" after 3 attempts in 201 ms: held by another',
    ],
    ["LockLostError", "LOCK_LOST", "k", 'lock not held by this instance: "k": its lease ended'],
    ["LockBackendError", "LOCK_BACKEND", "k", 'acquire failed (lock "k")'],
    ["LockerClosedError", "LOCKER_CLOSED", "k", 'the locker is closed (lock "k")'],
  ]);
  expect(errors[1]?.cause).toBe(cause);
  expect("cause" in errors[3]!).toBe(false);
  for (const error of errors) {
    expect(error).toBeInstanceOf(LockError);
    expect(LockError.is(error)).toBe(true);
    expect(Object.keys(error)).not.toContain("token");
  }
});

test("errors of another copy of the package are recognised, others are not", async () => {
  const copy = (await import("@distlock/core")) as unknown as { LockLostError: typeof LockLostError };
  const foreign = new copy.LockLostError("k", "gone");
  expect(foreign).not.toBeInstanceOf(LockLostError);
  expect(LockError.is(foreign)).toBe(true);
  for (const other of [new Error("x"), { code: "LOCK_LOST" }, null, undefined, "LOCK_LOST"])
    expect(LockError.is(other)).toBe(false);
});

test("long keys are cut in messages, not in the error", () => {
  const key = "k".repeat(1_024);
  const error = new LockLostError(key, "gone");
  expect(error.message.length).toBeLessThan(300);
  expect(error.key).toBe(key);
});

test("a kind of error is known by its own check, even from another copy", () => {
  const kinds = [LockNotAcquiredError, LockLostError, LockBackendError, LockerClosedError];
  const errors = [
    new LockNotAcquiredError("k", { attempts: 1, waited: 0 }),
    new LockLostError("k", "why"),
    new LockBackendError("k", "what"),
    new LockerClosedError("k"),
  ];
  for (const [i, kind] of kinds.entries()) {
    expect(errors.map((error) => kind.is(error))).toEqual(kinds.map((_, j) => i === j));
    const { code } = errors[i]!;
    expect(kind.is({ [Symbol.for("distlock.error")]: true, code })).toBe(true);
    expect(kind.is({ code })).toBe(false);
  }
});
