import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { CLAIM } from "../src/driver/times";
import { createLocker, type Driver, inProcessDriver, type Lock, type LockOptions } from "../src/index";
import { useVirtualClock } from "./virtual-clock";

/** Blocks the event loop, as a long computation or a paused process does. */
const stall = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

const lossOf = async (lock: Lock): Promise<unknown> => {
  if (!lock.signal.aborted) await once(lock.signal, "abort");
  return lock.signal.reason;
};

/** A driver that counts, and whose extensions can be made to fail or to stay unanswered. */
function watched() {
  const inner = inProcessDriver();
  const state = { extensions: 0, mode: "pass" as "pass" | "fail" | "silent" };
  const driver: Driver = {
    ...inner,
    extend(request) {
      state.extensions++;
      if (state.mode === "pass") return inner.extend(request);
      return state.mode === "fail" ? Promise.reject(new Error("connection lost")) : new Promise(() => {});
    },
  };
  return { driver, state };
}

describe("the lease", () => {
  test("a later grant of the key to the same locker ends an earlier lock, even without a message", async () => {
    const driver = inProcessDriver();
    const locker = createLocker(driver);
    const earlier = await locker.acquire("k", { ttl: 60_000 });
    const { signal } = earlier;
    await createLocker(driver).forceRelease("k");
    const later = await locker.acquire("k", { ttl: 60_000 });
    expect([earlier.isHeld, signal.aborted, later.isHeld]).toEqual([false, true, true]);
    await later.release();
  });

  test("ends by the local clock: first look, remaining, signal and release agree", async () => {
    const clock = useVirtualClock();
    const driver = inProcessDriver();
    const lock = await createLocker(driver).acquire("k", { ttl: 60 });
    expect(lock.remaining()).toBeGreaterThan(0);
    expect(lock.remaining()).toBeLessThanOrEqual(58);
    const { signal } = lock;
    expect(signal.aborted).toBe(false);
    clock.stall(70);
    expect(lock.isHeld).toBe(false);
    expect(lock.remaining()).toBe(0);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({
      code: "LOCK_LOST",
      message: expect.stringContaining("lease of 60 ms ended"),
    });
    await expect(lock.release()).rejects.toBe(signal.reason);
    await expect(lock.extend()).rejects.toBe(signal.reason);
  });

  test("has no remaining time below 0, whenever the process stands still", async () => {
    const { slowDown } = useVirtualClock();
    const lock = await createLocker(inProcessDriver()).acquire("k", { ttl: 1_000 });
    slowDown(70);
    while (lock.isHeld) expect(lock.remaining()).toBeGreaterThanOrEqual(0);
    expect(lock.remaining()).toBe(0);
  });

  test("aborts the signal by itself, and keeps no process alive for it", async () => {
    const lock = await createLocker(inProcessDriver()).acquire("k", { ttl: 40 });
    const { signal } = lock;
    const keepAlive = setTimeout(() => {}, 10_000);
    expect(await lossOf(lock)).toMatchObject({ code: "LOCK_LOST" });
    clearTimeout(keepAlive);
    expect(signal.aborted).toBe(true);
  });

  test("is made longer by extend, never shorter", async () => {
    const lock = await createLocker(inProcessDriver()).acquire("k", { ttl: 1_000 });
    await lock.extend(60_000);
    expect(lock.remaining()).toBeGreaterThan(50_000);
    await lock.extend(10);
    await lock.extend();
    expect(lock.remaining()).toBeGreaterThan(50_000);
    await lock.release();
    await expect(lock.extend()).rejects.toMatchObject({
      code: "LOCK_LOST",
      message: expect.stringContaining("released"),
    });
    expect(lock.isHeld).toBe(false);
    expect(lock.signal.aborted).toBe(false);
  });

  test("does not end early for a loss that another lock of the key has", async () => {
    const driver = inProcessDriver();
    const [a, b] = [createLocker(driver), createLocker(driver)];
    const lost = await a.acquire("k", { ttl: 30 });
    stall(40);
    const next = await b.acquire("k");
    expect(lost.isHeld).toBe(false);
    await expect(lost.release()).rejects.toThrow();
    expect(next.isHeld).toBe(true);
    expect((await a.inspect("k")).held).toBe(true);
  });
});

describe("automatic extension", () => {
  test("keeps the lease alive while the work runs, at a third of the ttl", async () => {
    const { driver, state } = watched();
    const locker = createLocker(driver);
    const began = performance.now();
    await locker.withLock("k", { ttl: 600 }, async (lock) => {
      while (state.extensions < 4) {
        expect(lock.isHeld).toBe(true);
        expect((await locker.inspect("k")).held).toBe(true);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    });
    expect(state.extensions).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / 200) + 1);
    const after = state.extensions;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(state.extensions, "a released lock is extended").toBe(after);
  });

  test("is not put off by the caller's own, shorter extensions", async () => {
    const driver = inProcessDriver();
    await createLocker(driver).withLock("k", { ttl: 600 }, async (lock) => {
      for (const until = performance.now() + 1_000; performance.now() < until; ) {
        await lock.extend(10);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(lock.isHeld).toBe(true);
    });
  });

  test("is off in acquire unless asked for", async () => {
    const { driver, state } = watched();
    const locker = createLocker(driver);
    const plain = await locker.acquire("plain", { ttl: 400 });
    const kept = await locker.acquire("kept", { ttl: 400, autoExtend: true });
    await lossOf(plain);
    expect(kept.isHeld).toBe(true);
    expect(state.extensions).toBeGreaterThan(0);
    await kept.release();
  });

  test("survives a failure that heals before the deadline", async () => {
    const { driver, state } = watched();
    const lock = await createLocker(driver).acquire("k", { ttl: 1_200, autoExtend: true });
    state.mode = "fail";
    while (state.extensions < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    state.mode = "pass";
    const before = lock.remaining();
    while (lock.remaining() <= before) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(lock.signal.aborted).toBe(false);
    await lock.release();
  });

  test.each(["fail", "silent"] as const)(
    "loses the lock at its deadline while extensions %s, and says why",
    async (mode) => {
      const { driver, state } = watched();
      const lock = await createLocker(driver).acquire("k", { ttl: 600, autoExtend: true });
      const sent = performance.now();
      state.mode = mode;
      const reason = await lossOf(lock);
      expect(performance.now() - sent).toBeGreaterThan(400);
      expect(reason).toMatchObject({ code: "LOCK_LOST" });
      if (mode === "fail") expect((reason as Error).cause).toMatchObject({ message: "connection lost" });
      // One of them is the check when the listener opens.
      expect(state.extensions).toBeLessThanOrEqual(mode === "fail" ? 9 : 4);
    },
  );

  test("notices that somebody else took the lock", async () => {
    const driver = inProcessDriver();
    const [a, b] = [createLocker(driver), createLocker(driver)];
    const lock = await a.acquire("k", { ttl: 600, autoExtend: true });
    await b.forceRelease("k");
    const next = await b.acquire("k");
    expect(await lossOf(lock)).toMatchObject({ code: "LOCK_LOST", message: expect.stringContaining("another client") });
    expect(next.isHeld).toBe(true);
    expect((await b.inspect("k")).held).toBe(true);
  });

  test("stops at maxHold", async () => {
    const { pass } = useVirtualClock();
    const { driver } = watched();
    const lock = await createLocker(driver).acquire("k", { ttl: 300, autoExtend: true, maxHold: 700 });
    const loss = lossOf(lock);
    await pass(690);
    expect(lock.isHeld).toBe(true);
    await pass(10);
    expect(lock.isHeld).toBe(false);
    expect(await loss).toMatchObject({ code: "LOCK_LOST", message: expect.stringContaining("maxHold was reached") });
  });

  test("stops when the locker closes; the deadline stays", async () => {
    const { driver, state } = watched();
    const locker = createLocker(driver);
    const lock = await locker.acquire("k", { ttl: 60, autoExtend: true });
    await locker.close();
    expect(await lossOf(lock)).toMatchObject({ code: "LOCK_LOST" });
    expect(state.extensions).toBe(0);
  });
});

describe("a lock that was handed over", () => {
  test.each([900, 30_000])("with the ttl %i is held for that ttl, and extended like the others", async (ttl) => {
    const { driver, state } = watched();
    const [a, b] = [createLocker(driver), createLocker(driver)];
    const first = await a.acquire("k");
    const waiting = b.acquire("k", { ttl, autoExtend: ttl === 900 });
    while ((await a.inspect("k")).waiting === 0);
    await first.release();
    const lock = await waiting;
    expect(lock.isHeld).toBe(true);
    const until = performance.now() + 4_000;
    if (ttl === 30_000) while (lock.remaining() < 20_000) await new Promise(setImmediate);
    else while (performance.now() < until && lock.isHeld) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(lock.isHeld).toBe(true);
    expect(state.extensions).toBeLessThanOrEqual(ttl === 30_000 ? 1 : 15);
    await lock.release();
  });

  async function handedOver(driver: Driver, options: LockOptions, inner = driver) {
    const [a, b] = [createLocker(inner), createLocker(driver, options)];
    const first = await a.acquire("k");
    const waiting = b.acquire("k");
    while ((await a.inspect("k")).waiting === 0);
    return { a, b, waiting, handOver: () => first.release() };
  }
  const soonWhole = async (lock: Lock) => {
    while (lock.remaining() < 20_000) {
      expect(lock.isHeld).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  test("gets its whole ttl even if the caller extends it by less", async () => {
    const { waiting, handOver } = await handedOver(inProcessDriver(), { ttl: 30_000 });
    await handOver();
    const lock = await waiting;
    await lock.extend(1_000);
    await soonWhole(lock);
  });

  test("is capped by maxHold only if it is extended automatically", async () => {
    const { waiting, handOver } = await handedOver(inProcessDriver(), { ttl: 30_000, maxHold: 10_000 });
    await handOver();
    await soonWhole(await waiting);
  });

  test("has its whole ttl even when its locker closes before it knows of the grant", async () => {
    const inner = inProcessDriver();
    let onGrant = () => {};
    const driver: Driver = {
      ...inner,
      queue: {
        ...inner.queue!,
        listen(inbox, listener, signal) {
          const granted = (...news: Parameters<typeof listener.granted>) => {
            listener.granted(...news);
            onGrant();
          };
          return inner.queue!.listen(inbox, { ...listener, granted }, signal);
        },
      },
    };
    const { b, waiting, handOver } = await handedOver(driver, { ttl: 30_000 }, inner);
    onGrant = () => void b.close();
    await handOver();
    await soonWhole(await waiting);
  });

  test("has its whole ttl even when its locker closes and the first try fails", async () => {
    const { driver, state } = watched();
    const { b, waiting, handOver } = await handedOver(driver, { ttl: 30_000 });
    await handOver();
    const lock = await waiting;
    state.mode = "fail";
    await b.close();
    expect(state.extensions).toBe(1);
    state.mode = "pass";
    await soonWhole(lock);
  });

  test("has its whole ttl even when its locker closes at once", async () => {
    const { driver } = watched();
    const [a, b] = [createLocker(driver), createLocker(driver)];
    const first = await a.acquire("k");
    const waiting = b.acquire("k", { ttl: 30_000 });
    while ((await a.inspect("k")).waiting === 0);
    await first.release();
    const lock = await waiting;
    await b.close();
    await new Promise(setImmediate);
    expect(lock.remaining()).toBeGreaterThan(20_000);
    await lock.release();
  });

  /** A driver whose first extension is passed to `lose`, with a function that stops the process for longer than the claim. */
  function stalling(lose: (stop: () => void, run: () => Promise<unknown>) => Promise<unknown>) {
    const time = useVirtualClock();
    const inner = inProcessDriver();
    let isFirst = true;
    const driver: Driver = {
      ...inner,
      extend(request) {
        const run = () => inner.extend(request);
        if (!isFirst) return run();
        isFirst = false;
        return lose(() => time.stall(CLAIM + 100), run) as ReturnType<Driver["extend"]>;
      },
    };
    return { driver, inner };
  }

  test("is waited for again if its process stalls until the claim is over, before the caller has it", async () => {
    const { driver, inner } = stalling((stop) => {
      setImmediate(stop);
      return new Promise(() => {});
    });
    const { waiting, handOver } = await handedOver(driver, { ttl: 30_000 }, inner);
    await handOver();
    const lock = await waiting;
    expect(lock.isHeld).toBe(true);
    expect(lock.remaining()).toBeGreaterThan(20_000);
  });

  test("is not waited for again if the extension was answered during the stall", async () => {
    const { driver, inner } = stalling(async (stop, run) => {
      const reply = run();
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      stop();
      await new Promise(setImmediate);
      return reply;
    });
    const { a, waiting, handOver } = await handedOver(driver, { ttl: 30_000 }, inner);
    await handOver();
    const lock = await waiting;
    expect(lock.isHeld).toBe(true);
    expect((await a.inspect("k")).fence).toBe(lock.fence);
  });

  test("is not acquired if it is another's by then, and no time is left to wait", async () => {
    let take = async () => {};
    const { driver, inner } = stalling((stop) => {
      setImmediate(() => {
        stop();
        void take();
      });
      return new Promise(() => {});
    });
    const { a, waiting, handOver } = await handedOver(driver, { ttl: 30_000, timeout: 3_000 }, inner);
    take = async () => void (await a.tryAcquire("k"));
    const ended = expect(waiting).rejects.toMatchObject({ code: "LOCK_NOT_ACQUIRED" });
    await handOver();
    await ended;
  });

  test("and watched is extended to its ttl once", async () => {
    const { driver, state } = watched();
    const [a, b] = [createLocker(driver), createLocker(driver)];
    const first = await a.acquire("k");
    const waiting = b.acquire("k", { ttl: 3_500 });
    while ((await a.inspect("k")).waiting === 0);
    await first.release();
    const lock = await waiting;
    const ended = once(lock.signal, "abort");
    const keepAlive = setInterval(() => {}, 1_000);
    await ended;
    clearInterval(keepAlive);
    expect(state.extensions).toBe(1);
  });
});
