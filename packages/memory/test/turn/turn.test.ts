import { randomUUID } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createLocker, inProcessDriver, LockLostError, LockNotAcquiredError } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { nodeRedisDriver } from "@distlock/node-redis";
import { startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test, vi } from "vitest";
import {
  type AppendableMemory,
  LockedMemory,
  type ReplaceableMemory,
  type SearchableMemory,
  StaleTurnError,
  type Turn,
  type WriteOptions,
} from "../../src/index";
import { ioredis, nodeRedis } from "../support/clients";
import { FencedMemory } from "../support/fenced-memory";
import { createGate } from "../support/gate";
import { memoryThat } from "../support/scripted-memory";
import { stall } from "../support/stall";

const server = await startRedis();
const quiet = () => {};
subscribe("distlock:warning", quiet);
afterAll(async () => {
  unsubscribe("distlock:warning", quiet);
  await server.stop();
});

const locker = createLocker(ioredisDriver(ioredis(server.port)));
const other = createLocker(nodeRedisDriver(await nodeRedis(server.port)));

/** One session's memory, as two instances have it. */
function session() {
  const key = `memory:{${randomUUID()}}`;
  const inner = new FencedMemory();
  return {
    key,
    inner,
    memory: new LockedMemory(inner, locker, { key, ttl: 1_500 }),
    another: new LockedMemory(inner, other, { key }),
    isFree: async () => !(await other.inspect(key)).held,
    isWaited: () => vi.waitFor(async () => expect((await other.inspect(key)).waiting).toBe(1)),
  };
}

type Held = Turn<string> & AppendableMemory<string> & ReplaceableMemory<string> & SearchableMemory<string>;

const calls: Record<string, (turn: Held, options?: WriteOptions) => Promise<unknown>> = {
  save: (turn, options) => turn.save("in", "out", options),
  append: (turn, options) => turn.append(["note"], options),
  replace: (turn, options) => turn.replace(["note"], options),
  load: (turn, options) => turn.load(options),
  search: (turn, options) => turn.search("q", 1, options),
  clear: (turn, options) => turn.clear(options),
};

test("a turn loads, searches, saves, appends, replaces and clears under one lock, and returns the result of its work", async () => {
  const { key, memory, inner, isFree } = session();
  const result = await memory.withTurn(async (turn) => {
    await turn.save("Hello", "Hi there!");
    await turn.append(["call", "result"]);
    expect(await turn.load()).toEqual(["Hello", "Hi there!", "call", "result"]);
    expect(await turn.search("Hi", 1)).toEqual(["Hi there!"]);
    await turn.replace(["Hello"]);
    expect(await turn.load()).toEqual(["Hello"]);
    await turn.clear();
    const { held, fence } = await other.inspect(key);
    expect([held, fence]).toEqual([true, turn.fence]);
    return "done";
  });
  expect(result).toBe("done");
  expect(inner.texts).toEqual([]);
  expect(new Set(inner.calls.map(([, { fence }]) => fence)).size).toBe(1);
  expect(await isFree()).toBe(true);
});

test("a turn of a memory that can't append, or replace, can't either", async () => {
  const memory = new LockedMemory(
    memoryThat(async () => {}),
    locker,
    { key: `memory:${randomUUID()}` },
  );
  for (const name of ["append", "replace"]) {
    expect(memory).not.toHaveProperty(name);
    await memory.withTurn(async (turn) => expect(turn).not.toHaveProperty(name));
  }
});

test("a turn ends when its work fails, with the work's error", async () => {
  const { memory, isFree } = session();
  const own = new Error("no model");
  await expect(memory.withTurn(async () => Promise.reject(own))).rejects.toBe(own);
  await expect(
    memory.withTurn(() => {
      throw own;
    }),
  ).rejects.toBe(own);
  expect(await isFree()).toBe(true);
});

test("the fence rises from turn to turn, so that a memory that checks it refuses the write of an older turn", async () => {
  const { memory, another, inner } = session();
  const first = await memory.withTurn(async (turn) => turn.fence);
  await another.withTurn(async (turn) => {
    expect(turn.fence).toBeGreaterThan(first);
    await turn.load();
  });
  await expect(inner.save("late", "late", { fence: first })).rejects.toThrow(/is below/);
});

describe.for(Object.entries(calls))("%s", ([name, call]) => {
  test("passes on its arguments, the fence, and a signal that joins the caller's and the lock's", async () => {
    const { memory, inner } = session();
    const controller = new AbortController();
    await memory.withTurn(async (turn) => {
      await call(turn, { idempotencyKey: "r1", signal: controller.signal, fence: 1 });
      expect(inner.calls).toEqual([
        [name, { idempotencyKey: "r1", fence: turn.fence, signal: expect.any(AbortSignal) }],
      ]);
      controller.abort(new Error("enough"));
      await expect(call(turn, { signal: controller.signal })).rejects.toThrow("enough");
      expect(inner.calls).toHaveLength(1);
    });
  });

  test("is refused before the memory is called when the lock was lost, with applied: false", async () => {
    const { key, memory, inner } = session();
    const turn = await memory.beginTurn();
    await other.forceRelease(key);
    await once(turn.signal, "abort");
    const error = await call(turn).catch((error) => error);
    expect(error).toBeInstanceOf(StaleTurnError);
    expect(error).toMatchObject({ code: "STALE_TURN", applied: false, key, cause: expect.any(LockLostError) });
    expect(StaleTurnError.is(error)).toBe(true);
    expect(inner.calls).toEqual([]);
  });

  test("is refused after the end of the turn", async () => {
    const { memory, inner } = session();
    let ended: Held | undefined;
    await memory.withTurn(async (turn) => {
      ended = turn;
    });
    await expect(call(ended!)).rejects.toMatchObject({ code: "STALE_TURN", applied: false });
    const turn = await memory.beginTurn();
    await turn.end();
    await expect(call(turn)).rejects.toMatchObject({ code: "STALE_TURN", applied: false });
    expect(inner.calls).toEqual([]);
  });
});

test("a call with a bad signal is refused, and does not keep the turn", async () => {
  const { memory, inner, isFree } = session();
  await memory.withTurn(async (turn) => {
    await expect(turn.save("in", "out", { signal: 1 as never })).rejects.toBeInstanceOf(TypeError);
  });
  expect(inner.calls).toEqual([]);
  expect(await isFree()).toBe(true);
});

test("the signal of a turn aborts when its lock is lost, and a write under way learns of it", async () => {
  const key = `memory:${randomUUID()}`;
  const memory = new LockedMemory(
    memoryThat(async ({ signal }) => {
      await other.forceRelease(key);
      await once(signal!, "abort");
      throw signal!.reason;
    }),
    locker,
    { key, ttl: 1_500 },
  );
  const work = memory.withTurn(async (turn) => {
    await turn.save("in", "out").catch((error) => {
      expect(turn.signal.reason).toBe(error);
      throw error;
    });
  });
  await expect(work).rejects.toBeInstanceOf(LockLostError);
});

test("a turn whose process was busy for longer than its lease is over at the first look", async () => {
  const { memory } = session();
  const turn = await memory.beginTurn({ maxTurn: 100 });
  expect(turn.signal.aborted).toBe(false);
  stall(150);
  expect(turn.signal.aborted).toBe(true);
  expect(turn.signal.reason).toBeInstanceOf(LockLostError);
});

test("work is not begun when the lease has ended before it could be", async () => {
  const local = createLocker(inProcessDriver());
  const memories = ["a", "b"].map((key) => new LockedMemory(new FencedMemory(), local, { key }));
  const begun = vi.fn(() => stall(900));
  const turns = await Promise.allSettled(memories.map((memory) => memory.withTurn({ maxTurn: 600 }, begun)));
  expect(begun).toHaveBeenCalledOnce();
  expect(turns[1]).toMatchObject({ status: "rejected", reason: { code: "STALE_TURN", key: "b" } });
});

describe("a busy session", () => {
  test('is an error at once with whenBusy "reject"', async () => {
    const { key, memory, another, inner } = session();
    const turn = await another.beginTurn();
    const work = vi.fn();
    const error = await memory.withTurn({ whenBusy: "reject" }, work).catch((error) => error);
    expect(error).toBeInstanceOf(LockNotAcquiredError);
    expect(error).toMatchObject({ code: "LOCK_NOT_ACQUIRED", key, attempts: 1 });
    await expect(memory.beginTurn({ whenBusy: "reject" })).rejects.toBeInstanceOf(LockNotAcquiredError);
    expect(work).not.toHaveBeenCalled();
    expect(inner.calls).toEqual([]);
    await turn.end();
    await memory.withTurn({ whenBusy: "reject" }, work);
    expect(work).toHaveBeenCalledOnce();
  });

  test.for([{}, { retryDelay: 1 }, { wait: "retry", maxAttempts: 1 }] as const)(
    "is waited for by time, even when the memory's writes have %o",
    async (options) => {
      const { key, inner, another } = session();
      const memory = new LockedMemory(inner, locker, { key, ...options });
      const turn = await another.beginTurn();
      const started = performance.now();
      const waiting = memory.withTurn({ timeout: 1_000 }, () => {});
      await expect(waiting).rejects.toBeInstanceOf(LockNotAcquiredError);
      expect(performance.now() - started).toBeGreaterThan(950);
      await turn.end();
    },
  );

  test("is waited for until the other turn ends", async () => {
    const { memory, another, isWaited } = session();
    const turn = await another.beginTurn();
    const waiting = memory.withTurn((own) => own.load());
    await isWaited();
    await turn.save("Hello", "Hi there!");
    await turn.end();
    expect(await waiting).toEqual(["Hello", "Hi there!"]);
  });

  test("is waited for until the caller's signal aborts, which does not end a turn that runs", async () => {
    const { memory, another, isWaited } = session();
    const controller = new AbortController();
    const turn = await another.beginTurn({ signal: controller.signal });
    const waiting = memory.beginTurn({ signal: controller.signal });
    await isWaited();
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await turn.save("Hello", "Hi there!");
    await turn.end();
  });
});

describe("maxTurn", () => {
  test.for([{ ttl: 150 }, { ttl: 60_000 }])("ends a turn that is not ended, with $ttl ms of lease", async ({ ttl }) => {
    const { memory, another } = session();
    const started = performance.now();
    const turn = await memory.beginTurn({ maxTurn: 600, ttl });
    await once(turn.signal, "abort");
    expect(performance.now() - started).toBeGreaterThan(450);
    await expect(turn.load()).rejects.toMatchObject({ code: "STALE_TURN" });
    await another.withTurn({ timeout: 10_000 }, (next) => expect(next.fence).toBeGreaterThan(turn.fence));
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test("outlives the lease before", async () => {
    const { key, memory } = session();
    await memory.withTurn({ ttl: 600 }, async (turn) => {
      for (let before = 0, extended = 0; extended < 3; ) {
        const { held, remaining } = await other.inspect(key);
        expect(held).toBe(true);
        if (remaining > before) extended++;
        before = remaining;
      }
      expect(turn.signal.aborted).toBe(false);
    });
  });
});

describe("end", () => {
  test("frees the session, once", async () => {
    const { memory, another, isFree } = session();
    const turn = await memory.beginTurn();
    await Promise.all([turn.end(), turn.end()]);
    expect(await isFree()).toBe(true);
    const next = await another.beginTurn();
    await turn.end();
    expect(await isFree()).toBe(false);
    await next.end();
    expect(turn.signal.aborted).toBe(false);
  });

  test("comes with the block of await using", async () => {
    const { memory, isFree } = session();
    {
      await using turn = await memory.beginTurn();
      await turn.save("Hello", "Hi there!");
      expect(await isFree()).toBe(false);
    }
    expect(await isFree()).toBe(true);
  });

  test("keeps the lock for a write that nobody waited for", async () => {
    const key = `memory:${randomUUID()}`;
    const gate = createGate();
    const memory = new LockedMemory(
      memoryThat(() => gate.opened),
      locker,
      { key },
    );
    let writing: Promise<unknown> | undefined;
    await memory.withTurn((turn) => {
      writing = turn.save("in", "out");
    });
    expect((await other.inspect(key)).held).toBe(true);
    gate.open();
    await writing;
    expect((await other.inspect(key)).held).toBe(false);
  });
});
