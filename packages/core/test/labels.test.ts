import { hostname } from "node:os";
import { describe, expect, test } from "vitest";
import { createLeases, createLocker, inProcessDriver, LockNotAcquiredError, processLabel } from "../src/index";

const longest = "🔒".repeat(12);

describe("a label", () => {
  test.each([
    ["49 bytes", `${longest}x`, RangeError, "label must have at most 48 bytes, got 49"],
    ["25 characters of 2 bytes", "ü".repeat(25), RangeError, "label must have at most 48 bytes, got 50"],
    ["half of a character", "\ud800", TypeError, "label must be well-formed Unicode: it has half of a surrogate pair"],
    ["a number", 7, TypeError, "label must be a string, got number"],
  ])("of %s is refused", async (_, label, type, message) => {
    const options = { label: label as string };
    expect(() => createLocker(inProcessDriver(), options)).toThrow(new type(message));
    await expect(createLocker(inProcessDriver()).acquire("k", options)).rejects.toThrow(new type(message));
  });

  test("of the call wins over the label of the locker", async () => {
    const locker = createLocker(inProcessDriver(), { label: "locker" });
    const label = async (key: string) => (await locker.inspect(key)).holder?.label;
    await locker.acquire("a");
    await locker.acquire("b", { label: "call" });
    await locker.acquire("c", { label: "" });
    await locker.acquire(["d", "e"], { label: longest });
    expect(await Promise.all(["a", "b", "c", "d", "e"].map(label))).toEqual(["locker", "call", "", longest, longest]);
  });

  test("names the process", () => {
    expect(processLabel()).toBe(`${hostname()}:${process.pid}`.slice(-48));
    expect(() => createLocker(inProcessDriver(), { label: processLabel() })).not.toThrow();
  });

  test("is absent for a lock without one, and for a token that another program chose", async () => {
    const driver = inProcessDriver();
    const [locker, leases] = [createLocker(driver), createLeases(driver)];
    await locker.acquire("a");
    await leases.acquire({ key: "b", token: "mine", ttl: 1_000 });
    expect((await locker.inspect("a")).holder).toEqual({ since: expect.any(Number) });
    expect((await locker.inspect("b")).holder).toEqual({});
  });
});

describe("a call that is refused", () => {
  test("names the holder, since when it holds the lock, and how many are ahead", async () => {
    const driver = inProcessDriver();
    const [one, two] = [createLocker(driver, { label: 'the "first"\n' }), createLocker(driver)];
    const held = await one.acquire("k");
    const waiting = [1, 2].map(() => two.acquire("k", { timeout: 1_000 }));
    await expect(two.acquire("k", { timeout: 40 })).rejects.toMatchObject({
      code: "LOCK_NOT_ACQUIRED",
      holder: { label: 'the "first"\n', since: expect.any(Number) },
      age: expect.toSatisfy((age: number) => age >= 30 && age < 10_000),
      ahead: 2,
      message: expect.stringMatching(
        /^failed to acquire lock "k" after \d+ ms in its queue: held by "the \\"first\\"\\n" for \d\.\d s, 2 waiters ahead$/,
      ),
    });
    await held.release();
    for (const lock of waiting) await (await lock).release();
  });

  test("names another call of its own locker", async () => {
    const locker = createLocker(inProcessDriver(), { label: "api" });
    await locker.acquire("k");
    await expect(locker.acquire("k", { timeout: 0 })).rejects.toThrow(
      /^failed to acquire lock "k" after 1 attempt in \d+ ms: held by another call of this locker \("api"\) for 0\.\d s$/,
    );
  });

  test("says nothing of a holder that it does not know", async () => {
    const driver = inProcessDriver();
    await createLeases(driver).acquire({ key: "k", token: "mine", ttl: 10_000 });
    const refusal = await createLocker(driver)
      .acquire("k", { timeout: 20 })
      .catch((error) => error);
    expect(LockNotAcquiredError.is(refusal) && refusal.holder).toEqual({});
    expect(refusal.age).toBeUndefined();
    expect(refusal.message).toMatch(/in its queue: held by another$/);
  });
});

describe("maxAhead", () => {
  test("refuses at once when more wait, and leaves the queue", async () => {
    const driver = inProcessDriver();
    const locker = createLocker(driver, { timeout: Number.POSITIVE_INFINITY });
    const held = await locker.acquire("k");
    const first = locker.acquire("k", { maxAhead: 0 });
    await expect(locker.acquire("k", { maxAhead: 0 })).rejects.toMatchObject({
      code: "LOCK_NOT_ACQUIRED",
      ahead: 1,
      maxAhead: 0,
      message: expect.stringMatching(/, 1 waiter ahead \(maxAhead is 0\)$/),
    });
    const second = locker.acquire("k", { maxAhead: 1 });
    expect((await locker.inspect("k")).waiting).toBe(2);
    await held.release();
    await (await first).release();
    await (await second).release();
  });

  test("does not concern a call that finds the lock free, or that asks once", async () => {
    const locker = createLocker(inProcessDriver(), { maxAhead: 0 });
    const held = await locker.acquire("k");
    expect(await locker.tryAcquire("k")).toBeNull();
    await held.release();
    await (await locker.acquire("k")).release();
  });

  test.each([-1, 1.5, "3"])("of %o is refused", (maxAhead) => {
    expect(() => createLocker(inProcessDriver(), { maxAhead: maxAhead as number })).toThrow(
      /^maxAhead must be an integer, 0 or more, or Infinity, got/,
    );
  });

  test("needs a queue", () => {
    expect(() => createLocker(inProcessDriver(), { maxAhead: 1, wait: "retry" })).toThrow(
      'maxAhead must be left out with wait: "retry": a waiter has no place then',
    );
  });
});

describe("a forced release", () => {
  test("of the hold that inspect named frees no later one", async () => {
    const locker = createLocker(inProcessDriver());
    const first = await locker.acquire("k");
    const { fence } = await locker.inspect("k");
    await first.release();
    const second = await locker.acquire("k", { autoExtend: true });
    expect(await locker.forceRelease("k", { fence })).toBe(false);
    expect(second.isHeld).toBe(true);
    expect(await locker.forceRelease("k", { fence: second.fence })).toBe(true);
    expect(await locker.forceRelease("k", { fence: second.fence })).toBe(false);
  });

  test("names its reason to the loser", async () => {
    const driver = inProcessDriver();
    const [locker, operator] = [createLocker(driver), createLocker(driver)];
    const held = await operator.acquire("k");
    const waiting = locker.acquire("k"); // so that it listens
    await held.release();
    const { signal } = await waiting;
    const lost = new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    await operator.forceRelease("k", { reason: 'a "deploy"\n' });
    await lost;
    expect(signal.reason).toMatchObject({
      code: "LOCK_LOST",
      reason: 'a "deploy"\n',
      message: expect.stringContaining('it was forced out: "a \\"deploy\\"\\n"'),
    });
  });

  test.each([
    [{ fence: 0 }, "fence must be an integer above 0, got 0"],
    [{ fence: "7" }, 'fence must be an integer above 0, got "7"'],
    [{ reason: 7 }, "reason must be a string, got number"],
    [{ reason: "x".repeat(201) }, "reason must have at most 200 bytes, got 201"],
    [{ reason: "\ud800" }, "reason must be well-formed Unicode: it has half of a surrogate pair"],
    [{ why: "x" }, 'unknown option "why"; there are fence, reason'],
  ])("with %o is refused", async (options, message) => {
    const driver = inProcessDriver();
    const held = await createLocker(driver).acquire("k");
    await expect(createLocker(driver).forceRelease("k", options as object)).rejects.toThrow(message);
    await expect(createLeases(driver).forceRelease("k", options as object)).rejects.toThrow(message);
    expect(held.isHeld).toBe(true);
  });
});
