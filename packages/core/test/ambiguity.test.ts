import { describe, expect, test } from "vitest";
import { DriverError } from "../src/for-drivers";
import { createLocker, type Driver, inProcessDriver } from "../src/index";

const stall = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

type Faults = { [Verb in "acquire" | "release"]?: (run: () => Promise<unknown>) => Promise<unknown> };

/** A driver whose calls can be made to fail before, after, or long after they took effect. */
function faulty() {
  const inner = inProcessDriver();
  const faults: Faults = {};
  const apply = <T>(fault: Faults["acquire"], run: () => Promise<T>): Promise<T> =>
    fault ? (fault(run) as Promise<T>) : run();
  const driver: Driver = {
    ...inner,
    acquire: (request, call) => apply(faults.acquire, () => inner.acquire(request, call)),
    release: (request) => apply(faults.release, () => inner.release(request)),
  };
  return { driver, faults, other: createLocker(inner) };
}

const gate = () => {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
};

describe("an acquire whose answer is lost", () => {
  test("is found again by the next attempt, with the same fence", async () => {
    const { driver, faults, other } = faulty();
    faults.acquire = async (run) => {
      faults.acquire = undefined as never;
      await run();
      throw new Error("Socket closed unexpectedly");
    };
    const lock = await createLocker(driver).acquire("k", { retryDelay: 1 });
    expect(lock.isHeld).toBe(true);
    expect((await other.inspect("k")).fence).toBe(lock.fence);
    await lock.release();
  });

  test("is undone if there is no next attempt", async () => {
    const { driver, faults, other } = faulty();
    faults.acquire = async (run) => {
      await run();
      throw new Error("Socket closed unexpectedly");
    };
    await expect(createLocker(driver).tryAcquire("k")).rejects.toMatchObject({
      code: "LOCK_BACKEND",
      message: 'acquire failed: Socket closed unexpectedly (lock "k")',
    });
    expect(await other.tryAcquire("k")).not.toBeNull();
  });

  test("is undone although Redis refused: a script may have stopped halfway", async () => {
    const { driver, faults, other } = faulty();
    faults.acquire = async (run) => {
      await run();
      throw new DriverError("NOPERM No permissions to access a key", { retryable: false });
    };
    await expect(createLocker(driver).acquire("k")).rejects.toMatchObject({ code: "LOCK_BACKEND" });
    expect(await other.tryAcquire("k")).not.toBeNull();
  });

  test("is refused when it lands after its lock was taken by force", async () => {
    const { driver, faults, other } = faulty();
    let copy: (() => Promise<unknown>) | undefined;
    faults.acquire = async (run) => {
      faults.acquire = undefined as never;
      copy = run;
      throw new Error("Socket closed unexpectedly");
    };
    const lock = await createLocker(driver).acquire("k", { retryDelay: 1 });
    await other.forceRelease("k");
    const next = await other.acquire("k");
    await expect(lock.extend()).rejects.toMatchObject({ code: "LOCK_LOST" });
    await next.release();
    expect(await copy?.()).toEqual({ status: "dead", key: "k" });
  });

  test("is undone although releasing fails at first", async () => {
    const { driver, faults, other } = faulty();
    faults.acquire = async (run) => {
      await run();
      throw new Error("Socket closed unexpectedly");
    };
    let failures = 3;
    faults.release = async (run) => {
      if (failures-- > 0) throw new Error("connect ECONNREFUSED");
      return run();
    };
    await expect(createLocker(driver).acquire("k", { maxAttempts: 1 })).rejects.toMatchObject({ code: "LOCK_BACKEND" });
    expect((await other.inspect("k")).held).toBe(true);
    await expect(other.acquire("k", { maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 10 })).resolves.toMatchObject({
      isHeld: true,
    });
  });

  test.each(["timeout", "signal", "close"] as const)("is refused when it lands after %s ended the wait", async (by) => {
    const { driver, faults, other } = faulty();
    const late = gate();
    const landed = gate();
    faults.acquire = async (run) => {
      await late.opened;
      const reply = await run();
      landed.open();
      return reply;
    };
    const locker = createLocker(driver);
    const controller = new AbortController();
    const waiting = locker.acquire("k", { timeout: by === "timeout" ? 30 : 60_000, signal: controller.signal });
    const why = by === "signal" ? "gone" : by === "close" ? "closed" : "no answer";
    const ended = expect(waiting).rejects.toThrow(why);
    if (by === "signal") controller.abort(new Error("gone"));
    if (by === "close") await locker.close();
    await ended;
    late.open();
    await landed.opened;
    expect((await other.inspect("k")).held).toBe(false);
  });

  test("is released again if it was granted before the release that undoes it arrived nowhere", async () => {
    const { driver, faults, other } = faulty();
    const answer = gate();
    faults.acquire = async (run) => {
      const reply = await run();
      await answer.opened;
      return reply;
    };
    const releases: string[] = [];
    faults.release = async (run) => {
      releases.push("asked");
      return releases.length === 1 ? "lost" : run();
    };
    await expect(createLocker(driver).acquire("k", { timeout: 20 })).rejects.toMatchObject({ code: "LOCK_BACKEND" });
    expect((await other.inspect("k")).held).toBe(true);
    answer.open();
    await expect(other.acquire("k", { maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 1 })).resolves.toMatchObject({
      isHeld: true,
    });
  });
});

test("a lock that was lost here is freed there, even if an unanswered extension made its lease longer", async () => {
  const { driver, other } = faulty();
  const silent: Driver = {
    ...driver,
    extend: (request) => {
      driver.extend(request);
      return new Promise(() => {});
    },
  };
  const lock = await createLocker(silent).acquire("k", { ttl: 60 });
  await expect(lock.extend(60_000)).rejects.toMatchObject({ code: "LOCK_LOST" });
  expect(lock.isHeld).toBe(false);
  await expect(other.acquire("k", { maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 1 })).resolves.toMatchObject({
    isHeld: true,
  });
});

describe("the end of a wait", () => {
  test("marks the call to the driver as abandoned", async () => {
    const { driver } = faulty();
    const calls: { readonly abandoned: boolean }[] = [];
    const silent: Driver = {
      ...driver,
      acquire: (request, call) => {
        calls.push(call);
        return request.keys.includes("silent") ? new Promise(() => {}) : driver.acquire(request, call);
      },
    };
    const locker = createLocker(silent);
    await locker.acquire("k");
    await expect(locker.acquire("silent", { timeout: 10 })).rejects.toMatchObject({ code: "LOCK_BACKEND" });
    expect(calls).toEqual([{ abandoned: false }, { abandoned: true }]);
  });

  test.each([
    [70, "LOCK_NOT_ACQUIRED"],
    [10, "LOCK_BACKEND"],
  ])("after %i of 100 ms with answers is %s", async (answering, code) => {
    const { driver, faults, other } = faulty();
    await other.acquire("k");
    const began = performance.now();
    faults.acquire = (run) => (performance.now() - began < answering ? run() : new Promise(() => {}));
    const waiting = createLocker(driver).acquire("k", {
      timeout: 100,
      retryDelay: 1,
      maxAttempts: Number.POSITIVE_INFINITY,
    });
    await expect(waiting).rejects.toMatchObject({ code });
  });
});

describe("a grant that comes when its lease is over", () => {
  test("is confirmed, never believed", async () => {
    const { driver, faults } = faulty();
    faults.acquire = async (run) => {
      faults.acquire = undefined as never;
      const reply = await run();
      stall(80);
      return reply;
    };
    const lock = await createLocker(driver).acquire("k", { ttl: 60 });
    expect(lock.remaining()).toBeGreaterThan(0);
    await lock.release();
  });

  test("is not a lock if somebody else has it by then", async () => {
    const { driver, faults, other } = faulty();
    let next: unknown;
    faults.acquire = async (run) => {
      faults.acquire = undefined as never;
      const reply = await run();
      stall(40);
      next = await other.tryAcquire("k");
      return reply;
    };
    expect(await createLocker(driver).tryAcquire("k", { ttl: 20 })).toBeNull();
    expect(next).toMatchObject({ isHeld: true });
  });

  test("is an outage, not contention, if every answer comes too late", async () => {
    const { driver, faults, other } = faulty();
    faults.acquire = async (run) => {
      const reply = await run();
      stall(10);
      return reply;
    };
    await expect(createLocker(driver).acquire("k", { ttl: 8, timeout: 120 })).rejects.toMatchObject({
      code: "LOCK_BACKEND",
      message: expect.stringContaining("after the lease of 8 ms was over"),
    });
    expect((await other.inspect("k")).held).toBe(false);
  });
});

describe("an outage", () => {
  test("is never reported as contention, and is asked again until the attempts are used up", async () => {
    const { driver, faults } = faulty();
    let asked = 0;
    faults.acquire = async () => {
      asked++;
      throw new Error("LOADING Redis is loading the dataset in memory");
    };
    await expect(createLocker(driver).acquire("k", { retryDelay: 1 })).rejects.toMatchObject({ code: "LOCK_BACKEND" });
    expect(asked).toBe(3);
  });

  test.each(["NOAUTH Authentication required.", "NOPERM this user has no permissions", "ERR unknown command"])(
    "that retrying cannot fix is reported at once: %s",
    async (message) => {
      const { driver, faults } = faulty();
      let asked = 0;
      faults.acquire = async () => {
        asked++;
        throw new DriverError(message, { retryable: false });
      };
      await expect(createLocker(driver).acquire("k")).rejects.toMatchObject({
        code: "LOCK_BACKEND",
        cause: { message },
      });
      expect(asked).toBe(1);
    },
  );

  test("while releasing rejects, is repeated in the background, and fails no finished work", async () => {
    const { driver, faults, other } = faulty();
    const locker = createLocker(driver);
    const lock = await locker.acquire("k");
    const healed = gate();
    faults.release = async (run) => {
      await healed.opened;
      faults.release = undefined as never;
      return run();
    };
    let failing = 1;
    faults.release = async (run) => {
      if (failing-- > 0) throw new Error("connection lost");
      return run();
    };
    await expect(lock.release()).rejects.toMatchObject({ code: "LOCK_BACKEND" });
    expect(lock.isHeld).toBe(false);
    await expect(other.acquire("k", { maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 5 })).resolves.toMatchObject({
      isHeld: true,
    });

    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on("warning", listen);
    failing = 1;
    await expect(locker.withLock("w", () => "done")).resolves.toBe("done");
    await new Promise(setImmediate);
    process.off("warning", listen);
    expect(warnings).toMatchObject([{ name: "DistlockWarning", code: "LOCK_BACKEND" }]);
  });

  test("a release that is answered after the lease was over is not a loss", async () => {
    const { driver, faults } = faulty();
    const lock = await createLocker(driver).acquire("k", { ttl: 60 });
    faults.release = async () => {
      stall(70);
      return "lost";
    };
    await expect(lock.release()).resolves.toBeUndefined();
  });
});
