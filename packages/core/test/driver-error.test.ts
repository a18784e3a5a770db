import { expect, test } from "vitest";
import { DriverError } from "../src/for-drivers";
import { createLocker, type Driver, inProcessDriver, LockBackendError } from "../src/index";
import { redisError } from "../src/redis/redis-error";

function failing(error: unknown): { readonly driver: Driver; readonly asked: () => number } {
  let asked = 0;
  const acquire = () => {
    asked++;
    return Promise.reject(error);
  };
  return { driver: { ...inProcessDriver(), acquire }, asked: () => asked };
}

test("a driver that says that retrying is pointless is asked once; its advice is in the message, and its cause is the cause", async () => {
  const cause = new Error("disk full");
  const { driver, asked } = failing(
    new DriverError("no space", { retryable: false, advice: "delete something", cause }),
  );
  await expect(createLocker(driver).acquire("k")).rejects.toMatchObject({
    code: "LOCK_BACKEND",
    message: 'acquire failed: no space: delete something (lock "k")',
    cause,
  });
  expect(asked()).toBe(1);
});

test("a driver that says nothing, or to try again, is asked until the wait is over", async () => {
  for (const error of [new Error("ERR READONLY"), new DriverError("busy", { retryable: true })]) {
    const { driver, asked } = failing(error);
    await expect(createLocker(driver).acquire("k", { timeout: 1_000 })).rejects.toBeInstanceOf(LockBackendError);
    expect(asked()).toBeGreaterThan(1);
  }
});

test("is known by another copy of the package, too", () => {
  expect(DriverError.is(new DriverError("x", { retryable: true }))).toBe(true);
  expect(DriverError.is(Object.assign(new Error("x"), { retryable: true }))).toBe(false);
  expect(DriverError.is(null)).toBe(false);
});

test.each([
  ["NOPERM this user has no permissions", false, /needs all of ~<keys>/],
  ["ERR Error running script: ACL failure in script", true, /needs all of ~<keys>/],
  ["ERR unknown command", false, undefined],
  ["WRONGTYPE Operation against a key", false, undefined],
  ["OOM command not allowed", true, /maxmemory/],
  ["READONLY You can't write against a read only replica.", true, /connect to the primary/],
  ["connect ECONNREFUSED 127.0.0.1:6379", true, /no server listens/],
])("the Redis driver says whether to try again, and what to do: %s", (message, retryable, advice) => {
  const cause = new Error(message);
  const error = redisError(cause) as DriverError;
  expect(error).toBeInstanceOf(DriverError);
  expect(error).toMatchObject({ message, retryable, cause });
  if (advice) expect(error.advice).toMatch(advice);
  else expect(error.advice).toBeUndefined();
});

test("the Redis driver passes other errors on as they are", () => {
  for (const error of [new Error("Connection is closed."), new LockBackendError("k", "not a lock"), undefined]) {
    expect(redisError(error)).toBe(error);
  }
});

test("the Redis driver's error has no command in it", () => {
  const secret = Object.assign(new Error("READONLY no"), { command: { args: ["token"] } });
  expect(JSON.stringify(redisError(secret), Object.getOwnPropertyNames(secret))).not.toContain("token");
  expect((redisError(secret) as Error).cause).not.toHaveProperty("command");
});
