import { describe, expect, onTestFinished, test } from "vitest";
import { now } from "../src/driver/lease";
import {
  createLeases,
  createLocker,
  type Driver,
  inProcessDriver,
  type LockError,
  type OnceOptions,
  observe,
} from "../src/index";
import { useVirtualClock } from "./virtual-clock";

const key = "report:nightly";
const done = () => "done";

/** Work that ends when the test says so. */
function endless() {
  let end = (_value: string): void => {};
  const work = new Promise<string>((resolve) => {
    end = resolve;
  });
  return { work: () => work, end: () => end("done") };
}

/** A driver whose transfers are answered as the test says. */
function answering(transfer: (inner: Driver, ...args: Parameters<NonNullable<Driver["transfer"]>>) => unknown): Driver {
  const inner = inProcessDriver();
  return { ...inner, transfer: ((request) => transfer(inner, request)) as NonNullable<Driver["transfer"]> };
}

/** The warnings from now on. */
function warnings(): LockError[] {
  const seen: LockError[] = [];
  const observing = observe({
    event(fact) {
      if (fact.name === "warning") seen.push(fact.error);
    },
  });
  onTestFinished(() => observing[Symbol.dispose]());
  return seen;
}

describe("once", () => {
  test("runs a job in one call of the period, and names the others its holder and the end of the period", async () => {
    const clock = useVirtualClock();
    const driver = inProcessDriver();
    const [one, two] = [createLocker(driver, { label: "one" }), createLocker(driver)];
    const { work, end } = endless();
    const running = one.once(key, { per: 10_000 }, work);
    const during = await two.once(key, { per: 10_000 }, done);
    expect(during).toMatchObject({ ran: false, holder: { label: "one", since: expect.any(Number) } });
    await clock.pass(50);
    end();
    expect(await running).toEqual({ ran: true, value: "done" });
    const { remaining } = await two.inspect(key);
    const after = await two.once(key, { per: 10_000 }, done);
    expect(after).toMatchObject({ ran: false, holder: { label: "one" } });
    if (after.ran) throw new Error("it ran twice");
    expect(Math.abs(after.until - (performance.timeOrigin + now() + remaining))).toBeLessThan(1_000);

    await clock.pass(9_949);
    expect(await two.once(key, { per: 10_000 }, done)).toMatchObject({ ran: false });
    await clock.pass(2);
    expect(await two.once(key, { per: 10_000 }, done)).toEqual({ ran: true, value: "done" });
  });

  test("counts the period from the grant: not from the end of the work, and not from its last extension", async () => {
    const clock = useVirtualClock();
    const locker = createLocker(inProcessDriver());
    const { work, end } = endless();
    const running = locker.once(key, { per: 60_000, ttl: 30_000 }, work);
    await clock.pass(55_000);
    end();
    await running;
    const { held, remaining } = await locker.inspect(key);
    expect(held).toBe(true);
    expect(remaining).toBeGreaterThan(4_900);
    expect(remaining).toBeLessThanOrEqual(5_000);
  });

  test("frees the key at the end of work that took longer than the period", async () => {
    const clock = useVirtualClock();
    const locker = createLocker(inProcessDriver());
    const { work, end } = endless();
    const running = locker.once(key, { per: 60_000, ttl: 30_000 }, work);
    await clock.pass(59_000);
    expect(await locker.once(key, { per: 60_000 }, done)).toMatchObject({ ran: false });
    await clock.pass(2_000);
    expect((await locker.inspect(key)).held).toBe(true);
    end();
    expect(await running).toMatchObject({ ran: true });
    expect((await locker.inspect(key)).held).toBe(false);
  });

  test("frees the key when the work throws, unless the call says otherwise", async () => {
    const locker = createLocker(inProcessDriver());
    const failing = () => Promise.reject(new Error("no disk"));
    await expect(locker.once(key, { per: 10_000 }, failing)).rejects.toThrow("no disk");
    expect((await locker.inspect(key)).held).toBe(false);
    await expect(locker.once(key, { per: 10_000, onError: "keep" }, failing)).rejects.toThrow("no disk");
    expect(await locker.once(key, { per: 10_000 }, done)).toMatchObject({ ran: false });
  });

  test("keeps the lease alive even for a locker whose locks are not extended", async () => {
    const clock = useVirtualClock();
    const locker = createLocker(inProcessDriver(), { autoExtend: false });
    const { work, end } = endless();
    const running = locker.once(key, { per: 60_000, ttl: 3_000 }, work);
    await clock.pass(10_000);
    end();
    expect(await running).toEqual({ ran: true, value: "done" });
  });

  test("a process that crashes frees the key after its ttl", async () => {
    const clock = useVirtualClock();
    const driver = inProcessDriver();
    const crashing = createLocker(driver);
    void crashing.once(key, { per: 86_400_000, ttl: 10_000 }, () => new Promise(() => {})).catch(() => {});
    await clock.pass(1);
    await crashing.close(); // no extension follows, as after a crash
    await clock.pass(10_001);
    expect(await createLocker(driver).once(key, { per: 1_000 }, done)).toMatchObject({ ran: true });
  });

  test("rejects if the lock was lost on the way, and leaves the next holder alone", async () => {
    const driver = inProcessDriver();
    const [one, two] = [createLocker(driver), createLocker(driver)];
    const work = async () => {
      await two.forceRelease(key);
      await two.acquire(key);
    };
    const before = await one.once(key, { per: 10_000 }, work).catch((error) => error);
    expect(before).toMatchObject({ code: "LOCK_LOST", key });
    expect((await two.inspect(key)).remaining).toBeGreaterThan(20_000);
  });

  test("an extension that arrives after the end of the work does not make the period longer", async () => {
    const inner = inProcessDriver();
    const late: (() => Promise<unknown>)[] = [];
    const driver: Driver = {
      ...inner,
      extend(request) {
        late.push(() => inner.extend(request));
        return new Promise(() => {});
      },
    };
    const locker = createLocker(driver);
    await locker.once(key, { per: 2_000, ttl: 30_000 }, async (lock) => {
      void lock.extend().catch(() => {});
    });
    expect(late).toHaveLength(1);
    expect(await late[0]!()).toBe("lost");
    expect((await locker.inspect(key)).remaining).toBeLessThanOrEqual(2_000);
  });
});

describe("the end of the work", () => {
  test("is sent again if its reply is lost, and the period stays", async () => {
    const clock = useVirtualClock();
    const seen = warnings();
    let sent = 0;
    const driver = answering(async (inner, request) => {
      const reply = await inner.transfer!(request);
      return ++sent === 1 ? new Promise(() => {}) : reply;
    });
    const locker = createLocker(driver);
    const running = locker.once(key, { per: 60_000, ttl: 30_000 }, done);
    await clock.pass(5_100);
    expect(await running).toEqual({ ran: true, value: "done" });
    expect([sent, seen]).toEqual([2, []]);
    const { held, remaining } = await locker.inspect(key);
    expect(held).toBe(true);
    expect(remaining).toBeLessThanOrEqual(60_000 - 5_100);
  });

  test("is not a loss if the period was over when the reply to its second copy came", async () => {
    const clock = useVirtualClock();
    let sent = 0;
    const driver = answering(async (inner, request) => {
      const reply = await inner.transfer!(request);
      return ++sent === 1 ? new Promise(() => {}) : reply;
    });
    const running = createLocker(driver).once(key, { per: 3_000, ttl: 30_000 }, done);
    await clock.pass(5_100);
    expect(await running).toEqual({ ran: true, value: "done" });
    expect(sent).toBe(2);
  });

  test("that does not reach Redis before the lease is over is a warning, and the result counts", async () => {
    const clock = useVirtualClock();
    const seen = warnings();
    let sent = 0;
    const driver = answering(() => {
      sent++;
      return Promise.reject(new Error("connection lost"));
    });
    const locker = createLocker(driver);
    const running = locker.once(key, { per: 60_000, ttl: 10_000 }, done);
    await clock.pass(10_001);
    expect(await running).toEqual({ ran: true, value: "done" });
    expect(sent).toBeGreaterThan(5);
    expect(seen).toMatchObject([{ code: "LOCK_BACKEND", key, cause: { message: "connection lost" } }]);
  });

  test("that finds its lock forced out names the reason", async () => {
    const driver = inProcessDriver();
    const [one, two] = [createLocker(driver), createLocker(driver)];
    const work = () => two.forceRelease(key, { reason: "migration" });
    await expect(one.once(key, { per: 10_000 }, work)).rejects.toMatchObject({
      code: "LOCK_LOST",
      reason: "migration",
    });
  });

  test("of work that released its lock itself is a warning, and the key is free", async () => {
    const seen = warnings();
    const locker = createLocker(inProcessDriver());
    expect(await locker.once(key, { per: 10_000 }, (lock) => lock.release())).toMatchObject({ ran: true });
    expect(seen).toMatchObject([
      { code: "LOCK_BACKEND", message: expect.stringContaining("the work released its lock") },
    ]);
    expect((await locker.inspect(key)).held).toBe(false);
  });

  test("of work that took longer than its period is a warning if the release fails, and the result counts", async () => {
    const clock = useVirtualClock();
    const seen = warnings();
    const inner = inProcessDriver();
    const driver: Driver = { ...inner, release: () => Promise.reject(new Error("connection lost")) };
    const running = createLocker(driver).once(key, { per: 5 }, () => clock.pass(50));
    expect(await running).toMatchObject({ ran: true });
    expect(seen).toMatchObject([{ code: "LOCK_BACKEND" }]);
  });

  test("that is first answered after the lease, with a loss, is a warning", async () => {
    const clock = useVirtualClock();
    const seen = warnings();
    const driver = answering(async () => {
      clock.stall(20_000);
      return { status: "lost" };
    });
    const result = await createLocker(driver).once(key, { per: 60_000, ttl: 10_000 }, done);
    expect(result).toEqual({ ran: true, value: "done" });
    expect(seen).toMatchObject([{ code: "LOCK_BACKEND", message: expect.stringContaining("may be free before") }]);
  });

  test("is not a loss if its second copy finds the key free just before the period is over, by a faster clock", async () => {
    const clock = useVirtualClock();
    let sent = 0;
    const driver = answering(() => (++sent === 1 ? new Promise(() => {}) : Promise.resolve({ status: "lost" })));
    const running = createLocker(driver).once(key, { per: 5_070, ttl: 30_000 }, done);
    await clock.pass(5_060);
    expect(await running).toEqual({ ran: true, value: "done" });
    expect(sent).toBe(2);
  });

  test("is not sent by a client that was closed: that is a warning at once", async () => {
    const seen = warnings();
    const closed = Object.assign(new Error("the client is closed"), { name: "ClosedClientError" });
    const driver = answering(() => Promise.reject(closed));
    expect(await createLocker(driver).once(key, { per: 60_000 }, done)).toMatchObject({ ran: true });
    expect(seen).toHaveLength(1);
  });

  test("is not repeated when the server refuses it", async () => {
    const seen = warnings();
    const driver = answering(() => Promise.reject(new RangeError("a bug")));
    expect(await createLocker(driver).once(key, { per: 60_000 }, done)).toMatchObject({ ran: true });
    expect(seen).toMatchObject([{ code: "LOCK_BACKEND" }]);
  });

  test("is the end of the hold for observers, and a refused call is busy, without an error", async () => {
    const operations: unknown[] = [];
    const observing = observe({
      end(operation, failure) {
        const { name } = operation;
        if (name === "acquire") operations.push([name, operation.call, operation.wait, operation.outcome, failure]);
        else operations.push([name, name === "hold" ? operation.end : undefined, failure]);
      },
    });
    onTestFinished(() => observing[Symbol.dispose]());
    const locker = createLocker(inProcessDriver());
    await locker.once(key, { per: 10_000 }, done);
    await locker.once(key, { per: 10_000 }, done);
    expect(operations).toEqual([
      ["acquire", "once", "once", "granted", undefined],
      ["hold", "released", undefined],
      ["once", undefined, undefined],
      ["acquire", "once", "once", "busy", undefined],
      ["once", undefined, undefined],
    ]);
  });
});

describe("bad arguments reject before anything is sent", () => {
  test.each([
    [{ per: 2 }, RangeError, "per must be an integer from 3 to 31622400000 (ms), got 2"],
    [{ per: 1.5 }, RangeError, "per must be an integer"],
    [{ per: "1d" }, TypeError, 'got "1d"'],
    [{}, TypeError, "per must be an integer"],
    [undefined, TypeError, 'options must be an object with "per", got undefined'],
    [{ per: 1_000, onError: "retry" }, RangeError, 'onError must be "free" or "keep", got "retry"'],
    [{ per: 1_000, timeout: 5 }, TypeError, 'unknown option "timeout"; there are per, onError, ttl, maxHold'],
    [{ per: 1_000, ttl: 0 }, RangeError, "ttl must be an integer"],
  ])("%j", async (options, type, message) => {
    const { tryAcquire } = createLocker(inProcessDriver());
    const locker = createLocker(inProcessDriver());
    const call = locker.once(key, options as OnceOptions, done);
    await expect(call).rejects.toThrow(type);
    await expect(call).rejects.toThrow(message);
    expect(await tryAcquire(key)).not.toBeNull();
  });

  test("several keys, no work, a driver that can't transfer", async () => {
    const { transfer: _, ...unable } = inProcessDriver();
    const locker = createLocker(inProcessDriver());
    const per = 1_000;
    await expect(locker.once(["a", "b"] as never, { per }, done)).rejects.toThrow("key must be a string");
    await expect(locker.once(key, { per }, undefined as never)).rejects.toThrow("the last argument must be a function");
    await expect(createLocker(unable).once(key, { per }, done)).rejects.toThrow("needs a driver that can transfer");
  });
});

test("a call that finds the key held by other code has a holder without a name", async () => {
  const driver = inProcessDriver();
  await createLeases(driver).acquire({ key, token: "mine", ttl: 5_000 });
  const before = performance.timeOrigin + performance.now();
  const refused = await createLocker(driver).once(key, { per: 1_000 }, done);
  expect(refused).toEqual({ ran: false, holder: {}, until: expect.any(Number) });
  if (!refused.ran) expect(refused.until).toBeGreaterThan(before + 4_000);
});
