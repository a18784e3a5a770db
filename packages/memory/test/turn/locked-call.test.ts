import { getEventListeners, once } from "node:events";
import { createLocker, inProcessDriver } from "@distlock/core";
import { expect, test } from "vitest";
import { InProcessMemory, LockedMemory, lockMethods } from "../../src/index";
import { lockedCall } from "../../src/turn/locked-call";
import { stall } from "../support/stall";

const locker = createLocker(inProcessDriver());
const own = new Error("the user is bored");

test("work that an aborted call starts after the abort is within its lock", async () => {
  const bored = new AbortController();
  const begun: Promise<number>[] = [];
  const call = lockedCall(locker, "aborted", { signal: bored.signal }, async ({ signal, fence }) => {
    // Like a framework: it rejects first, and then does the writes that it still has to do.
    const aborted = once(signal, "abort");
    const late = aborted.then(() => Promise.resolve()).then(() => Promise.resolve());
    void late.then(() => begun.push(lockedCall(locker, "aborted", {}, (held) => held.fence - fence)));
    queueMicrotask(() => bored.abort(own));
    await aborted;
    throw own;
  });
  await expect(call).rejects.toBe(own);
  expect(await Promise.all(begun)).toEqual([0]);
  expect((await locker.inspect("aborted")).held).toBe(false);
});

test("a result that has not settled when it is returned holds the lock until it settles", async () => {
  for (const settle of [() => Promise.resolve("done"), () => Promise.reject(own)]) {
    const end = settle();
    const result = await lockedCall(locker, "later", {}, async () => ({ end }), { until: ({ end }) => end });
    expect(result.end).toBe(end);
    await end.catch(() => {});
    await expect.poll(async () => (await locker.inspect("later")).held).toBe(false);
  }
  const never = await lockedCall(locker, "never", {}, () => 1, { until: () => new Promise(() => {}) });
  expect([never, (await locker.inspect("never")).held]).toEqual([1, true]);
});

test("a call is not made when the lease has ended before it could be", async () => {
  const made: string[] = [];
  const calls = ["a", "b"].map((key) =>
    lockedCall(locker, key, { ttl: 100 }, () => {
      made.push(key);
      stall(150);
    }),
  );
  const outcomes = await Promise.allSettled(calls);
  expect(made).toEqual(["a"]);
  expect(outcomes[1]).toMatchObject({ status: "rejected", reason: { code: "LOCK_LOST", key: "b" } });
});

test("a result that begins its work when it is awaited does the work with the lock held", async () => {
  const write = () => lockedCall(locker, "lazy", { timeout: 0 }, ({ fence }) => fence);
  const lazy = <T>(begin: () => Promise<T>): PromiseLike<T> => ({
    // biome-ignore lint/suspicious/noThenProperty: a query builder is such a thing
    then: (done, failed) => begin().then(done, failed),
  });
  const fence = await lockedCall(locker, "lazy", {}, () => lazy(write));
  expect(fence).toBeGreaterThan(0);
  const memory = new LockedMemory(new InProcessMemory(), locker, { key: "lazy", timeout: 0 });
  expect(await memory.withTurn(() => lazy(write))).toBeGreaterThan(fence);
  const locked = lockMethods({ write: () => lazy(write) }, locker, { write: ["write"], key: "lazy" });
  expect(await locked.write()).toBeGreaterThan(fence);
});

test("a stream that nobody reads leaves no listener when the lock is lost", async () => {
  const { signal } = new AbortController();
  let lost: AbortSignal | undefined;
  await lockedCall(locker, "unread", { signal, ttl: 50 }, (held) => {
    lost = held.signal;
    return new ReadableStream();
  });
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  await once(lost!, "abort");
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("the signal of a call leaves no listener on the signal of its caller", async () => {
  const { signal } = new AbortController();
  await lockedCall(locker, "listeners", { signal }, ({ signal }) => signal.throwIfAborted());
  const failing = lockedCall(locker, "listeners", { signal }, () => {
    throw own;
  });
  await expect(failing).rejects.toBe(own);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("calls within one call wait for one another if their options say so, and for one whose stream goes on", async () => {
  const call = <T>(work: () => T, inOrder = true) => lockedCall(locker, "within", { timeout: 20 }, work, { inOrder });
  const busy = { code: "LOCK_NOT_ACQUIRED", key: "within" };
  await call(async () => {
    const stream = await call(() => new ReadableStream<string>());
    await expect(call(() => {})).rejects.toMatchObject(busy);
    expect(await call(() => "beside it", false)).toBe("beside it");
    await expect(call(() => call(() => {}), false)).rejects.toMatchObject(busy);
    await stream.cancel();
    expect(await call(() => call(() => call(() => "deep")))).toBe("deep");
  });
  expect((await locker.inspect("within")).held).toBe(false);
});
