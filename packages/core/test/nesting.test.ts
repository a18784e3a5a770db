import { channel } from "node:diagnostics_channel";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLocker, inProcessDriver, type LockError } from "../src/index";

const warnings: LockError[] = [];
const note = (warning: unknown) => void warnings.push(warning as LockError);
beforeEach(() => {
  warnings.length = 0;
  channel("distlock:warning").subscribe(note);
});
afterEach(() => void channel("distlock:warning").unsubscribe(note));

const nested = /held by the withLock around this call, so the call waited for itself. Locks are not re-entrant/;
const warning = {
  key: "k",
  message: expect.stringMatching(/the withLock around it holds: .* Locks are not re-entrant/),
};

test("a withLock within a withLock of the same key is named at once by a warning, and at the end by its error", async () => {
  const driver = inProcessDriver();
  for (const inner of [createLocker(driver), undefined]) {
    const locker = createLocker(driver);
    await locker.withLock("k", async () => {
      const waiting = (inner ?? locker).withLock("k", { timeout: 20 }, () => expect.unreachable());
      expect(warnings).toEqual([expect.objectContaining(warning)]);
      await expect(waiting).rejects.toMatchObject({
        code: "LOCK_NOT_ACQUIRED",
        message: expect.stringMatching(nested),
      });
    });
    warnings.length = 0;
  }
});

test("a nested wait without end is named at once, once, and goes on: the work may not wait for it", async () => {
  const locker = createLocker(inProcessDriver(), { timeout: Number.POSITIVE_INFINITY });
  let later: Promise<string> | undefined;
  await locker.withLock(["a", "k"], async () => {
    await Promise.resolve();
    later = locker.withLock("k", () => "later");
    const other = locker.withLock("k", () => "another");
    other.catch(() => {});
    expect(warnings).toEqual([expect.objectContaining(warning)]);
  });
  expect(await later).toBe("later");
});

test("neither another key, nor a try, nor a call after the work is nested", async () => {
  const locker = createLocker(inProcessDriver());
  let after!: () => Promise<unknown>;
  await locker.withLock("k", async () => {
    await locker.withLock("other", () => {});
    expect(await locker.tryAcquire("k")).toBeNull();
    const { promise, resolve } = withResolvers<void>();
    const call = promise.then(() => locker.withLock("k", () => "after"));
    after = () => {
      resolve();
      return call;
    };
  });
  expect(await after()).toBe("after");
  expect(warnings).toEqual([]);
});

test("a lock that this locker holds by another call is said to be", async () => {
  const driver = inProcessDriver();
  const [locker, other] = [createLocker(driver), createLocker(driver)];
  const lock = await locker.acquire("k");
  const mine = expect.stringMatching(/ms in its queue: held by another call of this locker for \d\.\d s$/);
  await expect(locker.acquire("k", { timeout: 20 })).rejects.toMatchObject({ message: mine });
  const theirs = expect.stringMatching(/ms in its queue: held by another for \d\.\d s$/);
  await expect(other.acquire("k", { timeout: 20 })).rejects.toMatchObject({ message: theirs });
  const asked = expect.stringMatching(/after 2 attempts in \d+ ms: held by another for \d\.\d s$/);
  await expect(other.acquire("k", { maxAttempts: 2, retryDelay: 1 })).rejects.toMatchObject({ message: asked });
  await lock.release();
  expect(warnings).toEqual([]);
});

function withResolvers<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
