import { AsyncLocalStorage } from "node:async_hooks";
import { channel, subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import { afterEach, describe, expect, test } from "vitest";
import {
  CHANNELS,
  createLocker,
  type Driver,
  type Fact,
  inProcessDriver,
  type Lock,
  LockLostError,
  type Observer,
  type Operation,
  observe,
} from "../src/index";
import { useVirtualClock } from "./virtual-clock";

const added: Disposable[] = [];
const add = (observer: Observer) => void added.push(observe(observer));
afterEach(() => {
  for (const each of added.splice(0)) each[Symbol.dispose]();
});

/** Notes all that an observer sees. */
function recorder() {
  const begun: Operation[] = [];
  const ended: Operation[] = [];
  const errors: unknown[] = [];
  const facts: Fact[] = [];
  add({
    begin: (operation) => void begun.push(operation),
    end(operation, failure) {
      ended.push(operation);
      if (failure) errors.push(failure.error);
    },
    event: (fact) => void facts.push(fact),
  });
  return { begun, ended, errors, facts, one: (name: Operation["name"]) => ended.filter((each) => each.name === name) };
}

const any = expect.any(Number);

describe("operations", () => {
  test("a lock: acquire, hold, extend and release, each with its outcome", async () => {
    const seen = recorder();
    const locker = createLocker(inProcessDriver(), { label: "api-1" });
    const lock = await locker.acquire("k", { ttl: 5_000 });
    expect(seen.ended).toEqual([
      {
        name: "acquire",
        call: "acquire",
        keys: ["k"],
        ttl: 5_000,
        timeout: 5_000,
        wait: "queue",
        label: "api-1",
        outcome: "granted",
        waited: any,
        attempts: 1,
        ahead: 0,
        handedOver: false,
        fences: [lock.fence],
      },
    ]);
    await lock.extend(6_000);
    expect(seen.ended.at(-1)).toEqual({
      name: "extend",
      keys: ["k"],
      ttl: 6_000,
      automatic: false,
      locks: 1,
      outcome: "held",
      left: any,
    });
    await lock.release();
    await lock.release();
    expect(seen.ended.slice(2)).toEqual([
      { name: "hold", keys: ["k"], fences: [lock.fence], label: "api-1", end: "released", held: any },
      { name: "release", keys: ["k"], outcome: "released" },
    ]);
    expect(seen.errors).toEqual([]);
  });
});

describe("outcomes of an acquire", () => {
  /** The outcome of the last acquire, and whether it counted as an error. */
  const outcome = (seen: ReturnType<typeof recorder>) => {
    const last = seen.one("acquire").at(-1);
    return [last?.name === "acquire" && last.outcome, seen.errors.length > 0];
  };

  test("busy and aborted are not errors; timeout, closed and failed are", async () => {
    const driver = inProcessDriver();
    const holder = await createLocker(driver, { label: "holder" }).acquire("k");
    const locker = createLocker(driver);
    const waiting = createLocker(driver)
      .acquire("k", { timeout: 60_000 })
      .catch(() => {});
    const cases: readonly [() => Promise<unknown>, string, boolean][] = [
      [() => locker.tryAcquire("k"), "busy", false],
      [() => locker.acquire("k", { timeout: 0 }), "busy", false],
      [() => locker.acquire("k", { maxAhead: 0 }), "busy", false],
      [() => locker.acquire("k", { signal: AbortSignal.timeout(5) }), "aborted", false],
      [() => locker.acquire("k", { timeout: 5 }), "timeout", true],
      [() => locker.acquire("k", { maxAttempts: 1 }), "timeout", true],
      [
        () => {
          const wait = locker.acquire("k");
          void locker.close();
          return wait;
        },
        "closed",
        true,
      ],
    ];
    for (const [call, expected, isError] of cases) {
      const seen = recorder();
      await call().catch(() => {});
      expect(outcome(seen)).toEqual([expected, isError]);
    }
    const failing = { ...driver, acquire: () => Promise.reject(new TypeError("a bug")) };
    const seen = recorder();
    await expect(createLocker(failing).acquire("k")).rejects.toMatchObject({ code: "LOCK_BACKEND" });
    expect(outcome(seen)).toEqual(["failed", true]);
    await holder.release();
    await waiting;
  });

  test("a wait that ends without the lock says how many were ahead, how often it asked, and who holds the lock since when", async () => {
    const driver = inProcessDriver();
    const before = Date.now();
    const holder = await createLocker(driver, { label: "holder" }).acquire("k");
    const others = createLocker(driver);
    const waits = [1, 2].map(() => others.acquire("k").then((lock) => lock.release()));
    const seen = recorder();
    await createLocker(driver)
      .acquire("k", { timeout: 20 })
      .catch(() => {});
    const own = seen.ended.find((each) => each.name === "acquire" && each.outcome === "timeout");
    expect(own).toMatchObject({
      attempts: 1,
      ahead: 2,
      handedOver: false,
      waited: any,
      holder: { label: "holder", since: any },
    });
    const { since } = (own as { holder: { since: number } }).holder;
    expect(since).toBeGreaterThanOrEqual(before - 5);
    expect(since).toBeLessThanOrEqual(Date.now() + 5);
    await holder.release();
    await Promise.all(waits);
  });

  test("bad input is not an operation", async () => {
    const seen = recorder();
    const locker = createLocker(inProcessDriver());
    await expect(locker.acquire("k", { ttl: 0 })).rejects.toThrow(RangeError);
    await expect(locker.acquire("")).rejects.toThrow();
    expect(seen.begun).toEqual([]);
  });
});

describe("the queue", () => {
  test("each waiter that entered leaves once: passed on, or otherwise", async () => {
    const driver = inProcessDriver();
    const holder = await createLocker(driver).acquire("k");
    const seen = recorder();
    const locker = createLocker(driver);
    const first = locker.acquire("k");
    const second = locker.acquire("k", { timeout: 10 }).catch(() => {});
    await second;
    await holder.release();
    await (await first).release();
    expect(seen.facts.filter(({ name }) => name === "queue")).toEqual([
      { name: "queue", key: "k", event: "entered", ahead: 0 },
      { name: "queue", key: "k", event: "entered", ahead: 1 },
      { name: "queue", key: "k", event: "left" },
      { name: "queue", key: "k", event: "passed_on" },
    ]);
    const granted = seen.one("acquire").at(-1);
    expect(granted).toMatchObject({ outcome: "granted", handedOver: true, ahead: 0 });
    await locker.close();
  });

  test("who did not see a waiter enter does not see it leave, and who saw it enter does", async () => {
    const driver = inProcessDriver();
    const holder = await createLocker(driver).acquire("k");
    const early = recorder();
    const locker = createLocker(driver);
    const wait = locker.acquire("k");
    while (early.facts.length === 0) await new Promise(setImmediate);
    const late = recorder();
    added.shift()?.[Symbol.dispose]();
    await holder.release();
    await wait;
    expect(early.facts).toHaveLength(2);
    expect(late.facts).toEqual([]);
    await locker.close();
  });
});

describe("a loss", () => {
  const lossesOf = (seen: ReturnType<typeof recorder>) => seen.facts.filter(({ name }) => name === "lost");

  test("is reported when the lease ends, also of a lock that nobody looks at", async () => {
    const clock = useVirtualClock();
    const seen = recorder();
    const lock = await createLocker(inProcessDriver()).acquire("k", { ttl: 100 });
    await clock.pass(150);
    expect(lossesOf(seen)).toEqual([
      {
        name: "lost",
        key: "k",
        fence: lock.fence,
        reason: "expired",
        heldFor: any,
        lateBy: 0,
        error: expect.any(LockLostError),
      },
    ]);
    expect(seen.one("hold")).toMatchObject([{ end: "expired", held: any }]);
    expect(seen.errors).toEqual([lock.signal.reason]);
  });

  test("says how late the process noticed", async () => {
    const clock = useVirtualClock();
    const seen = recorder();
    await createLocker(inProcessDriver()).acquire("k", { ttl: 100 });
    clock.stall(1_000);
    await clock.pass(1);
    const [loss] = lossesOf(seen);
    expect(loss).toMatchObject({ reason: "expired" });
    expect((loss as { lateBy: number }).lateBy).toBeGreaterThan(800);
  });

  test("says whether maxHold, another client or an operator ended it", async () => {
    const clock = useVirtualClock();
    const driver = inProcessDriver();
    const seen = recorder();
    const locker = createLocker(driver);
    await locker.acquire("k", { ttl: 100, autoExtend: true, maxHold: 300 });
    await clock.pass(400);
    const taken = await locker.acquire("k", { ttl: 10_000 });
    await driver.forceRelease({ key: "k" });
    await taken.extend().catch(() => {});
    const forced = await locker.acquire("k");
    const waiter = locker.acquire("k", { timeout: 5 }).catch(() => {}); // opens the inbox
    await clock.pass(10);
    await waiter;
    await locker.forceRelease("k", { reason: "stuck" });
    await clock.pass(10);
    expect(forced.isHeld).toBe(false);
    expect(lossesOf(seen).map((fact) => (fact as { reason: string }).reason)).toEqual(["max_hold", "taken", "forced"]);
    const ends = seen.one("hold").map((each) => each.name === "hold" && each.end);
    expect(ends).toEqual(["expired", "lost", "forced"]);
    await locker.close();
  });

  test("of a lock that was lost before anybody could watch it ends its hold, too", async () => {
    const clock = useVirtualClock();
    const seen = recorder();
    const inner = inProcessDriver();
    let hops = 0;
    // The process stands still at some moment between the reply and the caller.
    async function standStill(): Promise<void> {
      for (let i = 0; i < hops; i++) await undefined;
      clock.stall(200);
    }
    const driver: Driver = {
      ...inner,
      acquire(request, call) {
        const reply = inner.acquire(request, call);
        void reply.then(standStill);
        return reply;
      },
    };
    for (; hops < 16; hops++) {
      const taken = createLocker(driver)
        .acquire(["a", "b"], { ttl: 100 })
        .catch(() => {});
      await clock.pass(6_000); // longer than it waits
      await taken;
    }
    expect(seen.one("hold")).toHaveLength(seen.begun.filter(({ name }) => name === "hold").length);
  });

  test("a lock of several keys ends once", async () => {
    const clock = useVirtualClock();
    const seen = recorder();
    await createLocker(inProcessDriver()).acquire(["a", "b"], { ttl: 100 });
    await clock.pass(200);
    expect(seen.one("hold")).toMatchObject([{ keys: ["a", "b"], end: "expired" }]);
    expect(lossesOf(seen)).toHaveLength(1);
  });
});

test("an automatic extension says what was left when its reply came, and how many were sent with it", async () => {
  const clock = useVirtualClock();
  const inner = inProcessDriver();
  let isFailing = false;
  const driver: Driver = {
    ...inner,
    extend: (request) => (isFailing ? Promise.reject(new Error("away")) : inner.extend(request)),
  };
  const seen = recorder();
  const locker = createLocker(driver, { ttl: 3_000, autoExtend: true });
  const locks = [await locker.acquire("a"), await locker.acquire("b")];
  await clock.pass(1_200);
  expect(seen.one("extend")).toMatchObject([
    { keys: ["a"], ttl: 3_000, automatic: true, locks: 2, outcome: "held" },
    { keys: ["b"], ttl: 3_000, automatic: true, locks: 2, outcome: "held" },
  ]);
  for (const each of seen.one("extend")) {
    const left = (each as { left: number }).left / 3_000;
    expect(left).toBeGreaterThan(0.6);
    expect(left).toBeLessThan(0.67);
  }
  isFailing = true;
  await clock.pass(1_000);
  expect(seen.one("extend").at(-1)).toMatchObject({ automatic: true, outcome: "failed" });
  isFailing = false;
  for (const lock of locks) await lock.release();
});

test("a forced release says whether it freed a lock", async () => {
  const seen = recorder();
  const locker = createLocker(inProcessDriver());
  const lock = await locker.acquire("k");
  await locker.forceRelease("k", { fence: lock.fence - 1 });
  await locker.forceRelease("k", { fence: lock.fence, reason: "stuck" });
  expect(seen.one("forceRelease")).toEqual([
    { name: "forceRelease", keys: ["k"], fence: lock.fence - 1, reason: undefined, outcome: "unchanged" },
    { name: "forceRelease", keys: ["k"], fence: lock.fence, reason: "stuck", outcome: "freed" },
  ]);
});

describe("async contexts", () => {
  test("withLock is one operation around the others, and the work runs within its hold", async () => {
    const als = new AsyncLocalStorage<string>();
    const order: string[] = [];
    add({
      begin: (operation) => void order.push(`${operation.name} in ${als.getStore()}`),
      within: (operation, next) => als.run(`${operation.name} of ${operation.keys}`, next),
    });
    const locker = createLocker(inProcessDriver());
    const inWork = await als.run("request", () =>
      locker.withLock("k", async (lock) => {
        const atOnce = als.getStore();
        await new Promise(setImmediate);
        await lock.extend();
        return [atOnce, als.getStore()];
      }),
    );
    expect(inWork).toEqual(["hold of k", "hold of k"]);
    expect(order).toEqual([
      "withLock in request",
      "acquire in withLock of k",
      "hold in withLock of k",
      "extend in hold of k",
      "release in withLock of k",
    ]);
  });

  test("what belongs to no caller runs in the background, and not in the context of a call", async () => {
    const als = new AsyncLocalStorage<string>();
    const background = new AsyncLocalStorage<boolean>();
    add({ background: (next) => background.run(true, next) });
    const clock = useVirtualClock();
    const inner = inProcessDriver();
    const where: Record<string, Set<string>> = {};
    const note = (what: string) => {
      where[what] ??= new Set();
      where[what].add(`${als.getStore()} ${background.getStore()}`);
    };
    const driver: Driver = {
      ...inner,
      acquire(request, call) {
        note("acquire");
        return inner.acquire(request, call);
      },
      extend(request) {
        note("extend");
        return inner.extend(request);
      },
      release(request) {
        note(request.tombstone ? "undo" : "release");
        return inner.release(request);
      },
      queue: {
        heartbeat(request) {
          note("heartbeat");
          return inner.queue!.heartbeat(request);
        },
        listen(...args) {
          note("listen");
          return inner.queue!.listen(...args);
        },
      },
    };
    await als.run("request", async () => {
      const locker = createLocker(driver, { ttl: 3_000 });
      const lock = await locker.acquire("k", { autoExtend: true });
      const handedOver = locker.acquire("k");
      const abandoned = locker.acquire("k", { timeout: 2_000 }).catch(() => {});
      await clock.pass(2_500);
      await abandoned;
      await lock.release();
      await (await handedOver).release();
      await locker.close();
    });
    expect(where).toEqual({
      acquire: new Set(["request undefined"]),
      release: new Set(["request undefined", "undefined true"]),
      extend: new Set(["undefined true"]),
      heartbeat: new Set(["undefined true"]),
      listen: new Set(["undefined true"]),
    });
  });
});

describe("observers that misbehave", () => {
  const warnings: unknown[] = [];
  const onWarning = (error: unknown) => void warnings.push(error);
  afterEach(() => {
    unsubscribe(CHANNELS.warning, onWarning);
    warnings.length = 0;
  });

  const broken: Record<string, Observer> = {
    "throws at the begin": {
      begin: () => {
        throw new Error("mine");
      },
    },
    "throws at the end": {
      end: () => {
        throw new Error("mine");
      },
    },
    "never calls what is within": {
      within: () => undefined as never,
      end: () => {
        throw new Error("mine");
      },
    },
    "throws within": {
      within: () => {
        throw new Error("mine");
      },
    },
    "throws after what is within": {
      within(_, next) {
        next();
        throw new Error("mine");
      },
    },
    "throws at events": {
      event: () => {
        throw new Error("mine");
      },
    },
    "throws in the background": {
      background: () => {
        throw new Error("mine");
      },
    },
  };

  test.each(Object.entries(broken))("one that %s changes nothing, and is warned of once", async (_, observer) => {
    subscribe(CHANNELS.warning, onWarning);
    add(observer);
    const seen = recorder();
    const driver = inProcessDriver();
    const locker = createLocker(driver);
    for (let i = 0; i < 2; i++) {
      expect(await locker.withLock("k", () => 42)).toBe(42);
      await expect(locker.withLock("k", () => Promise.reject(new Error("work")))).rejects.toThrow("work");
      const holder = await locker.acquire("k");
      const wait = locker.acquire("k");
      const vain = locker.acquire("k", { timeout: 5 });
      await expect(vain).rejects.toMatchObject({ code: "LOCK_NOT_ACQUIRED" });
      await holder.release();
      await (await wait).release();
    }
    await locker.close();
    expect(warnings).toMatchObject([{ code: "LOCK_OBSERVER", cause: { message: "mine" } }]);
    expect(seen.ended).toHaveLength(seen.begun.length);
  });

  test("one that calls the work twice makes it happen once", async () => {
    add({
      within(_, next) {
        next();
        return next();
      },
    });
    const locker = createLocker(inProcessDriver());
    let works = 0;
    await locker.withLock("k", () => void works++);
    expect(works).toBe(1);
  });
});

describe("channels", () => {
  const KINDS = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;

  /** Subscribes to a tracing channel. Returns what it published. */
  function published(name: string) {
    const events: { readonly kind: string; readonly message: Record<string, unknown> }[] = [];
    const handlers = Object.fromEntries(
      KINDS.map((kind) => [kind, (message: unknown) => void events.push({ kind, message: message as never })]),
    );
    const all = tracingChannel(name);
    all.subscribe(handlers as never);
    added.push({ [Symbol.dispose]: () => void all.unsubscribe(handlers as never) });
    return events;
  }
  const kindsOf = (events: ReturnType<typeof published>) => events.map(({ kind }) => kind);
  const good = ["start", "end", "asyncStart", "asyncEnd"];

  test("an operation is one object in all its events, complete before asyncEnd, without the lock", async () => {
    const names = [CHANNELS.acquire, CHANNELS.hold, CHANNELS.extend, CHANNELS.release, CHANNELS.forceRelease];
    const all = names.map(published);
    const locker = createLocker(inProcessDriver());
    let lock: Lock | undefined;
    await locker.withLock("k", async (own) => {
      lock = own;
      await own.extend();
    });
    await locker.forceRelease("k");
    for (const events of all) {
      expect(kindsOf(events)).toEqual(good);
      expect(new Set(events.map(({ message }) => message)).size).toBe(1);
      expect(events[0]?.message.result).toBe(undefined);
      expect(JSON.stringify(events)).not.toContain(lock?.token);
    }
    expect(all.map(([event]) => event?.message.outcome ?? event?.message.end)).toEqual([
      "granted",
      "released",
      "held",
      "released",
      "unchanged",
    ]);
  });

  test("contention is not an error there, a timeout is", async () => {
    const driver = inProcessDriver();
    const locker = createLocker(driver);
    const lock = await locker.acquire("k");
    const events = published(CHANNELS.acquire);
    await locker.tryAcquire("k");
    await locker.acquire("k", { timeout: 0 }).catch(() => {});
    expect(kindsOf(events)).toEqual([...good, ...good]);
    const error = await locker.acquire("k", { timeout: 5 }).catch((reason: unknown) => reason);
    expect(kindsOf(events).slice(8)).toEqual(["start", "end", "error", "asyncStart", "asyncEnd"]);
    expect(events.at(-1)?.message.error).toBe(error);
    await lock.release();
  });

  test("the stores that are bound to a hold are active in the work of withLock", async () => {
    const als = new AsyncLocalStorage<unknown>();
    const { start } = tracingChannel(CHANNELS.hold);
    start.bindStore(als, (message) => (message as { keys: string[] }).keys[0]);
    const locker = createLocker(inProcessDriver());
    expect(await locker.withLock("k", async () => als.getStore())).toBe("k");
    start.unbindStore(als);
  });

  test("losses and queues are points", async () => {
    const clock = useVirtualClock();
    const messages: unknown[] = [];
    const note = (message: unknown) => void messages.push(message);
    for (const name of [CHANNELS.lost, CHANNELS.queue]) channel(name).subscribe(note);
    const driver = inProcessDriver();
    await createLocker(driver).acquire("k", { ttl: 100 });
    const wait = createLocker(driver).acquire("k", { timeout: 10_000 });
    await clock.pass(5_000);
    await (await wait).release();
    for (const name of [CHANNELS.lost, CHANNELS.queue]) channel(name).unsubscribe(note);
    expect(messages).toMatchObject([
      { name: "queue", event: "entered" },
      { name: "lost", reason: "expired" },
      { name: "queue", event: expect.stringMatching(/^(left|passed_on)$/) },
    ]);
  });
});

describe("links", () => {
  test("a waiter finds what an observer says of the holder, with and without labels, and a bad link is refused", async () => {
    const driver = inProcessDriver();
    let link: string | undefined = "the-holder";
    add({ link: () => link });
    const seen = recorder();
    for (const label of [undefined, "", "a label"]) {
      const holder = createLocker(driver, { label });
      const lock = await holder.acquire("k");
      link = undefined;
      const other = createLocker(driver);
      await other.acquire("k", { timeout: 0 }).catch(() => {});
      expect(seen.one("acquire").at(-1)).toMatchObject({ outcome: "busy", blockedBy: "the-holder" });
      const shown = { link: "the-holder", since: any, ...(label !== undefined && { label }) };
      expect((await other.inspect("k")).holder).toEqual(shown);
      const wait = other.acquire("k");
      while ((await other.inspect("k")).waiting === 0) await new Promise(setImmediate);
      await lock.release();
      await (await wait).release();
      expect(seen.one("acquire").at(-1)).toMatchObject({
        outcome: "granted",
        handedOver: true,
        blockedBy: "the-holder",
      });
      await other.close();
      link = "the-holder";
    }
    link = "bad link";
    const lock = await createLocker(driver, { label: "x" }).acquire("k");
    expect(lock.token.split(":")).toHaveLength(3);
    await lock.release();
    expect(seen.facts.filter(({ name }) => name === "warning")).toHaveLength(1);
  });
});
