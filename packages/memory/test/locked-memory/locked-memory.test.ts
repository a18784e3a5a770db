import { randomUUID } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createLocker, LockBackendError, LockLostError, LockNotAcquiredError } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { nodeRedisDriver } from "@distlock/node-redis";
import { startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test, vi } from "vitest";
import { InProcessMemory, LockedMemory, RedisMemory, toVariableMemory } from "../../src/index";
import { ioredis, nodeRedis, viaIoredis } from "../support/clients";
import { lockedWrites, memoryThat, variableMemoryThat } from "../support/scripted-memory";

const server = await startRedis();
const quiet = () => {};
subscribe("distlock:warning", quiet);
afterAll(async () => {
  unsubscribe("distlock:warning", quiet);
  await server.stop();
});

const client = ioredis(server.port);
const locker = createLocker(ioredisDriver(client));
const other = createLocker(nodeRedisDriver(await nodeRedis(server.port)));
const newKey = () => `memory:${randomUUID()}`;

test("is a Memory over a Memory: saved messages are loaded, found and cleared", async () => {
  const inner = new InProcessMemory();
  const memory = new LockedMemory(inner, locker, { key: newKey() });
  expect(memory).toBeInstanceOf(LockedMemory);
  await memory.save({ role: "user", content: "Hello" }, { role: "assistant", content: "Hi there!" });
  expect(await memory.load()).toEqual(await inner.load());
  expect(await memory.search("hello", 1)).toMatchObject([{ content: "Hello" }]);
  await memory.clear();
  expect(await inner.load()).toEqual([]);
});

test("is a VariableMemory over a VariableMemory, even over the same conversation in Redis", async () => {
  const inner = new RedisMemory(viaIoredis(server.port), { session: randomUUID() });
  const memory = new LockedMemory(toVariableMemory(inner), locker, { key: newKey() });
  await memory.saveContext({ input: "Hello" }, { output: "Hi there!" });
  expect(memory.memoryVariables()).toEqual(["history"]);
  expect(await memory.loadMemoryVariables({})).toEqual({ history: await inner.load() });
  expect(await inner.load()).toHaveLength(2);
  await memory.clear();
  expect(await inner.load()).toEqual([]);
});

test("has the methods of the generation that it wraps, turns if it can load and save, and no others", () => {
  const names = (memory: object) => Object.keys(memory).toSorted();
  const first = variableMemoryThat(async () => {});
  const second = memoryThat(async () => {});
  expect(names(new LockedMemory(first, locker, { key: "k" }))).toEqual(names(first));
  const turns = { beginTurn: 0, withTurn: 0 };
  expect(names(new LockedMemory(second, locker, { key: "k" }))).toEqual(names({ ...second, ...turns }));
  const both = { ...first, ...second, append: async () => {} };
  expect(names(new LockedMemory(both, locker, { key: "k" }))).toEqual(names({ ...both, ...turns }));
});

test("reads without the lock", async () => {
  const key = newKey();
  const write = vi.fn();
  await using _held = await other.acquire(key);
  const memory = new LockedMemory(memoryThat(write), locker, { key });
  const variables = new LockedMemory(variableMemoryThat(write), locker, { key });
  expect(await memory.load({ query: "q" })).toEqual(["loaded q"]);
  expect(await memory.search("q", 2)).toEqual(["found q 2"]);
  expect(await variables.loadMemoryVariables({ input: "q" })).toEqual({ history: "loaded q" });
  expect(variables.memoryVariables()).toEqual(["history"]);
});

describe.for(Object.entries(lockedWrites))("%s", ([name, write]) => {
  test("runs with the lock held, and frees it", async () => {
    const key = newKey();
    const inner = vi.fn(async () => {
      const { held, remaining } = await other.inspect(key);
      expect(held).toBe(true);
      expect(remaining).toBeGreaterThan(9_000);
      expect(remaining).toBeLessThanOrEqual(10_000);
    });
    await write(inner, locker, { key });
    expect(inner).toHaveBeenCalledOnce();
    expect((await other.inspect(key)).held).toBe(false);
  });

  test("passes on its arguments, and the fence of its lock", async () => {
    const inner = vi.fn(async () => {});
    const key = newKey();
    const options = { note: "kept", fence: 1 };
    await write(inner, locker, { key }, options as object);
    const { fence } = await other.inspect(key);
    const args: Record<string, unknown[]> = {
      save: ["in", "out"],
      append: ["in", "out"],
      replace: ["in", "out"],
      saveContext: [{ input: "in" }, { output: "out" }],
    };
    expect(inner).toHaveBeenCalledExactlyOnceWith(
      { note: "kept", signal: expect.any(AbortSignal), fence },
      ...(args[name] ?? []),
    );
  });

  test("waits for the holder for longer than three attempts", async () => {
    const key = newKey();
    const started = performance.now();
    await other.acquire(key, { ttl: 700 });
    await write(async () => {}, locker, { key });
    expect(performance.now() - started).toBeGreaterThan(650);
  });

  test("gives up after its timeout, and does not call the memory", async () => {
    const key = newKey();
    const inner = vi.fn();
    await using _held = await other.acquire(key);
    const error = await write(inner, locker, { key, timeout: 500 }).catch((error) => error);
    expect(error).toBeInstanceOf(LockNotAcquiredError);
    expect(error).toMatchObject({ key });
    expect((error as LockNotAcquiredError).waited).toBeGreaterThanOrEqual(499); // Timers count in whole ms.
    expect(inner).not.toHaveBeenCalled();
  });

  test("gives up after as many attempts as its options say", async () => {
    const key = newKey();
    const inner = vi.fn();
    await using _held = await other.acquire(key);
    const waiting = write(inner, locker, { key, maxAttempts: 2, retryDelay: 1 });
    await expect(waiting).rejects.toMatchObject({ code: "LOCK_NOT_ACQUIRED", attempts: 2 });
    const usual = write(inner, locker, { key, wait: "retry" });
    await expect(usual).rejects.toMatchObject({ code: "LOCK_NOT_ACQUIRED", attempts: 3 });
    expect(inner).not.toHaveBeenCalled();
  });

  test("does not call the memory when the caller's signal ends the wait", async () => {
    const key = newKey();
    const inner = vi.fn();
    const reason = new Error("enough");
    const controller = new AbortController();
    const held = await other.acquire(key);
    const waiting = write(inner, locker, { key }, controller);
    // Answered after the first attempt on the same connection.
    await client.ping();
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await held.release();
    await expect(write(inner, locker, { key }, controller)).rejects.toBe(reason);
    expect(inner).not.toHaveBeenCalled();
    expect((await other.inspect(key)).held).toBe(false);
  });

  test("does not call the memory when Redis refuses the lock", async () => {
    const key = newKey();
    const inner = vi.fn();
    await client.rpush(key, "a list");
    await expect(write(inner, locker, { key })).rejects.toBeInstanceOf(LockBackendError);
    expect(inner).not.toHaveBeenCalled();
  });

  test("does not call the memory when the lock was lost before that", async () => {
    const key = newKey();
    const inner = vi.fn();
    const stalling: typeof locker = {
      ...locker,
      async acquire(...args) {
        const lock = await locker.acquire(...args);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
        return lock;
      },
    };
    await expect(write(inner, stalling, { key, ttl: 50 })).rejects.toBeInstanceOf(LockLostError);
    expect(inner).not.toHaveBeenCalled();
  });

  test("passes the memory a signal that aborts when the lock is lost", async () => {
    const key = newKey();
    let signal: AbortSignal | undefined;
    const writing = write(
      async (options) => {
        signal = options.signal!;
        expect(signal.aborted).toBe(false);
        await other.forceRelease(key);
        if (!signal.aborted) await once(signal, "abort");
        throw signal.reason;
      },
      locker,
      { key, ttl: 1_500 },
      new AbortController(),
    );
    await expect(writing).rejects.toBeInstanceOf(LockLostError);
    expect(signal?.reason).toBeInstanceOf(LockLostError);
  });

  test("passes the memory a signal that aborts with the caller's, and still frees the lock", async () => {
    const key = newKey();
    const reason = new Error("enough");
    const controller = new AbortController();
    await write(
      async ({ signal }) => {
        controller.abort(reason);
        expect(signal?.reason).toBe(reason);
      },
      locker,
      { key },
      controller,
    );
    expect((await other.inspect(key)).held).toBe(false);
  });

  test("leaves no listener on the caller's signal", async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    await write(async () => {}, locker, { key: newKey() }, { signal });
    const listeners = (calls: unknown[][]) => new Set(calls.map(([, listener]) => listener));
    expect(added).toHaveBeenCalled();
    expect(listeners(removed.mock.calls)).toEqual(listeners(added.mock.calls));
  });

  test("keeps the lease alive while the memory writes", async () => {
    const key = newKey();
    await write(
      async () => {
        let before = Number.POSITIVE_INFINITY;
        for (;;) {
          const { held, remaining } = await other.inspect(key);
          expect(held).toBe(true);
          if (remaining > before) break;
          before = remaining;
        }
      },
      locker,
      { key, ttl: 900 },
    );
  });
});
