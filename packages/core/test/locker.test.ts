import { describe, expect, test } from "vitest";
import { createLocker, inProcessDriver, LockerClosedError, LockNotAcquiredError } from "../src/index";

const pair = () => {
  const driver = inProcessDriver();
  return [createLocker(driver), createLocker(driver)] as const;
};

describe("tryAcquire", () => {
  test("returns the lock, or null when it is held", async () => {
    const [a, b] = pair();
    const lock = await a.tryAcquire("k");
    expect(lock).toMatchObject({ key: "k", isHeld: true });
    expect(await b.tryAcquire("k")).toBeNull();
    expect(await a.tryAcquire("k"), "locks of one locker exclude each other").toBeNull();
    await lock?.release();
    const next = await b.tryAcquire("k");
    expect(next?.fence).toBeGreaterThan(lock!.fence);
    expect(next?.token).not.toBe(lock?.token);
  });
});

describe("acquire", () => {
  test("reports contention with attempts and time waited", async () => {
    const [a, b] = pair();
    await a.acquire("k");
    const error = await b.acquire("k", { maxAttempts: 4, retryDelay: 5 }).catch((e) => e);
    expect(error).toBeInstanceOf(LockNotAcquiredError);
    expect(error).toMatchObject({ code: "LOCK_NOT_ACQUIRED", key: "k", attempts: 4 });
    expect(error.waited).toBeGreaterThan(5);
  });

  test("in the mode retry, tries three times, 0.1 s apart, as the guides do", async () => {
    const [a, b] = pair();
    await a.acquire("k");
    const error = await b.acquire("k", { wait: "retry" }).catch((e) => e);
    expect(error).toMatchObject({ attempts: 3 });
    expect(error.waited).toBeGreaterThan(90);
  });

  test("is granted once the holder releases", async () => {
    const [a, b] = pair();
    const lock = await a.acquire("k");
    const waiting = b.acquire("k", { maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 2 });
    await lock.release();
    expect((await waiting).isHeld).toBe(true);
  });

  test("never waits longer than its timeout", async () => {
    const [a, b] = pair();
    await a.acquire("k");
    const error = await b.acquire("k", { timeout: 80, retryDelay: 60_000 }).catch((e) => e);
    expect(error).toMatchObject({ code: "LOCK_NOT_ACQUIRED", attempts: 1 });
    expect(error.waited).toBeGreaterThan(70);
    expect(error.waited).toBeLessThan(5_000);
  });

  test("asks once with the timeout 0", async () => {
    const [a, b] = pair();
    await a.acquire("k");
    await expect(b.acquire("k", { timeout: 0, maxAttempts: 9 })).rejects.toMatchObject({ attempts: 1 });
    const [c] = pair();
    await expect(c.acquire("k", { timeout: 0 })).resolves.toMatchObject({ isHeld: true });
  });

  test("asks the function for each delay, and jitters what it says", async () => {
    const [a, b] = pair();
    await a.acquire("k");
    const asked: number[] = [];
    const retryDelay = (attempt: number) => {
      asked.push(attempt);
      return attempt;
    };
    await expect(b.acquire("k", { maxAttempts: 4, retryDelay })).rejects.toThrow();
    expect(asked).toEqual([1, 2, 3]);
    await expect(b.acquire("k", { retryDelay: () => -1 })).rejects.toThrow(RangeError);
    await expect(
      b.acquire("k", {
        retryDelay: () => {
          throw new Error("mine");
        },
      }),
    ).rejects.toThrow("mine");
  });

  test("ends with the reason of the caller's signal, before and while it waits", async () => {
    const [a, b] = pair();
    const lock = await a.acquire("k");
    const reason = new Error("user went away");
    await expect(b.acquire("free", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect((await b.inspect("free")).held).toBe(false);
    const controller = new AbortController();
    const waiting = b.acquire("k", {
      signal: controller.signal,
      retryDelay: 60_000,
      timeout: Number.POSITIVE_INFINITY,
    });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await lock.release();
    expect((await a.inspect("k")).held).toBe(false);
  });

  test("ignores the caller's signal once the lock is granted", async () => {
    const [a] = pair();
    const controller = new AbortController();
    const lock = await a.acquire("k", { signal: controller.signal });
    controller.abort();
    expect(lock.isHeld).toBe(true);
    expect(lock.signal.aborted).toBe(false);
    await lock.release();
  });

  test("lets the timeout end a wait that asks again at once", async () => {
    const [a, b] = pair();
    await a.acquire("k");
    const busy = { retryDelay: 0, maxAttempts: Number.POSITIVE_INFINITY, timeout: 50 };
    await expect(b.acquire("k", busy)).rejects.toMatchObject({ code: "LOCK_NOT_ACQUIRED" });
  });

  test("shares one listener among all that wait with a signal", async () => {
    const [a, b] = pair();
    await a.acquire("k");
    const { signal } = new AbortController();
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on("warning", listen);
    await Promise.allSettled(Array.from({ length: 30 }, () => b.acquire("k", { signal, retryDelay: 1 })));
    await new Promise(setImmediate);
    process.off("warning", listen);
    expect(warnings).toEqual([]);
  });

  test("leaves no listener on the caller's signal", async () => {
    const [a, b] = pair();
    await a.acquire("held");
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    await (await a.acquire("k", { signal })).release();
    await expect(b.acquire("held", { signal, retryDelay: 1 })).rejects.toThrow();
    expect(listeners).toBe(0);
  });
});

describe("withLock", () => {
  test("resolves with the work's result and releases", async () => {
    const [a, b] = pair();
    const result = await a.withLock("k", async (lock) => {
      expect(await b.tryAcquire("k")).toBeNull();
      return lock.fence;
    });
    expect(result).toBeGreaterThan(0);
    expect((await b.inspect("k")).held).toBe(false);
    expect(await a.withLock("k", { ttl: 1_000 }, () => "sync")).toBe("sync");
  });

  test("rejects with the work's own error and releases", async () => {
    const [a, b] = pair();
    const mine = new Error("mine");
    await expect(a.withLock("k", () => Promise.reject(mine))).rejects.toBe(mine);
    await expect(
      a.withLock("k", () => {
        throw mine;
      }),
    ).rejects.toBe(mine);
    expect(await b.tryAcquire("k")).not.toBeNull();
  });

  test("rejects with the work's own error when the lock was lost as well", async () => {
    const [a, b] = pair();
    const mine = new Error("mine");
    const work = async () => {
      await b.forceRelease("k");
      throw mine;
    };
    await expect(a.withLock("k", work)).rejects.toBe(mine);
  });

  test("rejects with LockLostError when the work was done but the lock was lost", async () => {
    const [a, b] = pair();
    await expect(a.withLock("k", () => b.forceRelease("k"))).rejects.toMatchObject({ code: "LOCK_LOST", key: "k" });
  });

  test("does not begin the work when the lock is not acquired", async () => {
    const [a, b] = pair();
    await a.acquire("k");
    await expect(b.withLock("k", { retryDelay: 1 }, () => expect.unreachable())).rejects.toThrow(LockNotAcquiredError);
  });
});

describe("release", () => {
  test("does nothing a second time, not even at the same time", async () => {
    const [a, b] = pair();
    const lock = await a.acquire("k");
    await Promise.all([lock.release(), lock.release()]);
    await lock.release();
    const next = await b.acquire("k");
    await lock.release();
    expect(next.isHeld).toBe(true);
    expect((await a.inspect("k")).held).toBe(true);
  });

  test("of a lock that is no longer ours rejects, each time", async () => {
    const [a, b] = pair();
    const lock = await a.acquire("k");
    await b.forceRelease("k");
    const next = await b.acquire("k");
    await expect(lock.release()).rejects.toThrow('lock not held by this instance: "k"');
    await expect(lock.release()).rejects.toMatchObject({ code: "LOCK_LOST" });
    expect(lock.signal.aborted).toBe(true);
    expect(lock.signal.reason).toMatchObject({ code: "LOCK_LOST" });
    await next.release();
  });

  test("comes at the end of an await using block, and never rejects", async () => {
    const [a, b] = pair();
    {
      await using lock = await a.acquire("k");
      expect(lock.isHeld).toBe(true);
    }
    expect((await b.inspect("k")).held).toBe(false);
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on("warning", listen);
    const mine = new Error("mine");
    const block = async () => {
      await using _lock = await a.acquire("k");
      await b.forceRelease("k");
      throw mine;
    };
    await expect(block()).rejects.toBe(mine);
    await new Promise(setImmediate);
    process.off("warning", listen);
    expect(warnings).toMatchObject([{ name: "DistlockWarning", code: "LOCK_LOST" }]);
  });
});

describe("close", () => {
  test("ends waiting and later calls, and leaves held locks to be released", async () => {
    const [a, b] = pair();
    const held = await b.acquire("held");
    const other = await a.acquire("other");
    const waiting = b.acquire("other", { retryDelay: 60_000, timeout: Number.POSITIVE_INFINITY });
    const ended = expect(waiting).rejects.toThrow(LockerClosedError);
    await b.close();
    await ended;
    for (const call of [
      () => b.acquire("k"),
      () => b.tryAcquire("k"),
      () => b.withLock("k", () => expect.unreachable()),
      () => b.inspect("k"),
      () => b.forceRelease("k"),
    ]) {
      await expect(call).rejects.toMatchObject({ code: "LOCKER_CLOSED" });
    }
    expect(held.isHeld).toBe(true);
    await held.release();
    await b.close();
    await other.release();
    expect((await a.inspect("held")).held).toBe(false);
  });
});
