import { randomUUID } from "node:crypto";
import { subscribe } from "node:diagnostics_channel";
import { createLocker, type Driver, inProcessDriver, type LockError } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { type ThreadLock, threadLock } from "../../../src/frameworks/mastra";
import { ioredis } from "../../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

const door = ioredis(server.port);
const lockers = [ioredis(server.port), ioredis(server.port)].map((client) => createLocker(ioredisDriver(client)));
/** Two processes. */
const [here, there] = lockers.map((locker) => threadLock(locker)) as [ThreadLock, ThreadLock];
const keyOf = (thread: string) => `mastra:thread:{${thread}}`;
const busy = { code: "LOCK_NOT_ACQUIRED" };

const warnings: LockError[] = [];
subscribe("distlock:warning", (warning) => warnings.push(warning as LockError));
beforeEach(() => {
  warnings.length = 0;
});

const look = { timeout: 10_000, interval: 5 };
const stall = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const isFree = async (thread: string) => (await door.exists(keyOf(thread))) === 0;

test("one process has a thread, until it releases it", async () => {
  const thread = randomUUID();
  await here.acquire(thread);
  await expect(there.acquire(thread)).rejects.toMatchObject(busy);
  await there.release(thread); // it has none
  await expect(there.acquire(thread)).rejects.toMatchObject(busy);
  await here.release(thread);
  await there.acquire(thread);
  await here.release(thread);
  await expect(here.acquire(thread)).rejects.toMatchObject(busy);
  await there.release(thread);
  expect(await isFree(thread)).toBe(true);
  expect(warnings).toEqual([]);
});

test("a thread that is acquired again is one process's until its last release", async () => {
  const thread = randomUUID();
  await Promise.all([here.acquire(thread), here.acquire(thread)]);
  await here.acquire(thread);
  for (let left = 3; left > 0; left--) {
    await expect(there.acquire(thread)).rejects.toMatchObject(busy);
    await here.release(thread);
  }
  expect(await isFree(thread)).toBe(true);
  await here.release(thread);
  await there.acquire(thread);
  await there.release(thread);
});

test("a release that nobody awaits does not stand in the way of the next acquire; nor does a failed one", async () => {
  const thread = randomUUID();
  for (let i = 0; i < 20; i++) {
    await here.acquire(thread);
    void here.release(thread);
  }
  const early = here.acquire(thread);
  const released = here.release(thread);
  await Promise.all([early, released]);
  expect(await isFree(thread)).toBe(true);
  await there.acquire(thread);
  const failed = await Promise.allSettled([here.acquire(thread), here.acquire(thread)]);
  expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await here.release(thread);
  await there.release(thread);
  await here.acquire(thread);
  await here.release(thread);
});

test("the lease is kept alive until the release, and not for longer than maxHold", async () => {
  const inner = inProcessDriver();
  const extended = vi.fn(inner.extend);
  const locker = createLocker({ ...inner, extend: extended });
  const alive = threadLock(locker, { ttl: 600 });
  await alive.acquire("t");
  await vi.waitFor(() => expect(extended.mock.calls.length).toBeGreaterThan(1), look);
  await alive.release("t");
  expect((await inner.inspect(keyOf("t"))).held).toBe(false);

  const lost = vi.fn();
  const bounded = threadLock(locker, { ttl: 600, maxHold: 700, onLost: lost });
  await bounded.acquire("t");
  await vi.waitFor(() => expect(lost).toHaveBeenCalled(), look);
  expect(lost).toHaveBeenCalledExactlyOnceWith("t", expect.objectContaining({ code: "LOCK_LOST" }));
  await bounded.release("t");
  expect(warnings).toEqual([]);
});

test("a lost thread is reported, once, and can be acquired again", async () => {
  const thread = randomUUID();
  const short = threadLock(lockers[0]!, { ttl: 900 });
  await short.acquire(thread);
  await short.acquire(thread);
  await lockers[1]!.forceRelease(keyOf(thread));
  await there.acquire(thread);
  await short.release(thread);
  await vi.waitFor(() => expect(warnings).toMatchObject([{ code: "LOCK_LOST", key: keyOf(thread) }]), look);
  await expect(short.acquire(thread)).rejects.toMatchObject(busy);
  await there.release(thread);
  await short.acquire(thread);
  await short.release(thread);
  expect(await isFree(thread)).toBe(true);
  expect(warnings).toHaveLength(1);
});

test("a loss that shows only at the release is reported as well, and frees nobody else's lock", async () => {
  const thread = randomUUID();
  await here.acquire(thread);
  await lockers[1]!.forceRelease(keyOf(thread));
  await there.acquire(thread);
  await here.release(thread);
  expect(warnings).toMatchObject([{ code: "LOCK_LOST", key: keyOf(thread) }]);
  await expect(here.acquire(thread)).rejects.toMatchObject(busy);
  await there.release(thread);
});

test("a process that was frozen past its lease has lost the thread, and must get it anew", async () => {
  const thread = randomUUID();
  const lost: string[] = [];
  const short = threadLock(lockers[0]!, { ttl: 100, onLost: (name) => lost.push(name) });
  await short.acquire(thread);
  stall(150);
  const again = short.acquire(thread);
  await again;
  expect(lost).toEqual([thread]);
  await expect(there.acquire(thread)).rejects.toMatchObject(busy);
  await short.release(thread);
  expect(await isFree(thread)).toBe(true);
});

test("a release that fails is a warning, and repeated", async () => {
  const inner = inProcessDriver();
  let failures = 1;
  const release: Driver["release"] = async (request) => {
    if (failures-- > 0) throw new Error("Socket closed unexpectedly");
    return inner.release(request);
  };
  const lock = threadLock(createLocker({ ...inner, release }));
  await lock.acquire("t");
  await lock.release("t");
  expect(warnings).toMatchObject([{ code: "LOCK_BACKEND" }]);
  await vi.waitFor(async () => expect((await inner.inspect(keyOf("t"))).held).toBe(false));
});

test("an outage is not contention, and the thread can be acquired after it", async () => {
  const inner = inProcessDriver();
  let fails = true;
  const acquire: Driver["acquire"] = async (...request) => {
    if (fails) throw new Error("Socket closed unexpectedly");
    return inner.acquire(...request);
  };
  const lock = threadLock(createLocker({ ...inner, acquire }));
  await expect(lock.acquire("t")).rejects.toMatchObject({ code: "LOCK_BACKEND" });
  await lock.release("t");
  fails = false;
  await lock.acquire("t");
  await lock.release("t");
  expect((await inner.inspect(keyOf("t"))).held).toBe(false);
  expect(warnings).toEqual([]);
});

test("all threads are freed at once, for the end of a process", async () => {
  const lock = threadLock(lockers[0]!);
  const threads = [randomUUID(), randomUUID()];
  for (const thread of [...threads, threads[0]!]) await lock.acquire(thread);
  await lock.releaseAll();
  for (const thread of threads) expect(await isFree(thread)).toBe(true);
  await lock.release(threads[0]!);
  await lock.releaseAll();
});

test("it can wait for a thread, which may have any name", async () => {
  const patient = threadLock(lockers[0]!, { timeout: 10_000 });
  const braces = `}{ %\n${randomUUID()}`;
  await there.acquire(braces);
  const waiting = patient.acquire(braces);
  await expect(here.acquire(braces)).rejects.toMatchObject(busy);
  await there.release(braces);
  await waiting;
  await patient.release(braces);
  const named = threadLock(lockers[0]!, { key: (thread) => `own:${thread}` });
  await named.acquire("t");
  expect(await door.exists("own:t")).toBe(1);
  await named.release("t");
});

test("bad names and options are refused by name", async () => {
  const [locker] = lockers as [(typeof lockers)[number]];
  for (const name of ["", "\ud800", 7 as never]) await expect(here.acquire(name)).rejects.toThrow(/^thread id must/);
  expect(() => threadLock({} as never)).toThrow(/needs a locker, such as/);
  expect(() => threadLock(locker, { ttl: 0 })).toThrow(/^ttl must/);
  expect(() => threadLock(locker, { timeout: -1 })).toThrow(/^timeout must/);
  expect(() => threadLock(locker, { waitReplicas: -1 })).toThrow(/^waitReplicas must/);
  expect(() => threadLock(locker, { autoExtend: false } as never)).toThrow(/^autoExtend is not an option/);
  expect(() => threadLock(locker, { signal: AbortSignal.abort() } as never)).toThrow(/^signal is not an option/);
  expect(() => threadLock(locker, { onLost: 1 as never })).toThrow(/^onLost must/);
  expect(() => threadLock(locker, { key: 1 as never })).toThrow(/^key must/);
  expect(() => threadLock(locker, { tll: 1 } as never)).toThrow(/unknown option "tll"/);
});
