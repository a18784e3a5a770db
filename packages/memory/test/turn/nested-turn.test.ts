import { AsyncResource } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createLocker, LockNotAcquiredError } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test, vi } from "vitest";
import { LockedMemory, type VariableMemory } from "../../src/index";
import { ioredis } from "../support/clients";
import { FencedMemory } from "../support/fenced-memory";
import { createGate } from "../support/gate";
import { createJobQueue } from "../support/job-queue";
import { memoryThat, variableMemoryThat } from "../support/scripted-memory";

const server = await startRedis();
const quiet = () => {};
subscribe("distlock:warning", quiet);
afterAll(async () => {
  unsubscribe("distlock:warning", quiet);
  await server.stop();
});

const locker = createLocker(ioredisDriver(ioredis(server.port)));
const other = createLocker(ioredisDriver(ioredis(server.port)));

/** Whose nested calls would soon give up if they waited for a lock. */
function session(key = `memory:{${randomUUID()}}`) {
  const inner = new FencedMemory();
  return {
    key,
    inner,
    memory: new LockedMemory(inner, locker, { key, ttl: 2_000, timeout: 2_000 }),
    isHeld: async () => (await other.inspect(key)).held,
  };
}

test("writes and turns within a turn use its lock", async () => {
  const { memory, inner, isHeld } = session();
  await memory.withTurn(async (turn) => {
    await memory.save("Hello", "Hi there!");
    await memory.append(["note"]);
    await memory.withTurn({ timeout: 2_000 }, async (nested) => {
      expect(nested.fence).toBe(turn.fence);
      await nested.append(["nested"]);
      await memory.withTurn({ timeout: 2_000 }, (third) => third.append(["third"]));
    });
    await using begun = await memory.beginTurn({ timeout: 2_000 });
    await begun.append(["begun"]);
    await turn.append(["last"]);
    expect(inner.calls.map(([, { fence }]) => fence)).toEqual(Array(6).fill(turn.fence));
    expect(inner.texts).toEqual(["Hello", "Hi there!", "note", "nested", "third", "begun", "last"]);
    await memory.clear();
    expect(inner.texts).toEqual([]);
  });
  expect(await isHeld()).toBe(false);
});

test("reads within a turn carry its fence and signal, so that a newer turn's holder stops them", async () => {
  const { memory, inner, key } = session();
  await memory.withTurn(async (turn) => {
    await memory.load();
    await memory.search("Hello", 1);
    expect(inner.calls).toEqual([
      ["load", { fence: turn.fence, signal: expect.any(AbortSignal) }],
      ["search", { fence: turn.fence, signal: expect.any(AbortSignal) }],
    ]);
    await expect(memory.load({ signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
    await inner.load({ fence: turn.fence + 1 });
    await expect(memory.load()).rejects.toThrow(/is below/);
    await other.forceRelease(key);
    if (!turn.signal.aborted) await once(turn.signal, "abort");
    await expect(memory.load()).rejects.toMatchObject({ code: "STALE_TURN", applied: false });
    await expect(memory.search("Hello", 1)).rejects.toMatchObject({ code: "STALE_TURN", applied: false });
  });
  await expect(memory.load()).rejects.toThrow("fence NaN");
});

test("a held stream writes with the lock of the turn that holds it, even when it is read after the turn's work", async () => {
  const { memory, inner, isHeld } = session();
  async function* words() {
    await memory.append(["Hi"]);
    yield "Hi";
    await memory.append(["there!"]);
    yield "there!";
  }
  for (const open of [
    () => memory.withTurn((turn) => turn.hold(words())),
    async () => (await memory.beginTurn()).hold(words()),
    async () => (await memory.beginTurn()).hold(ReadableStream.from(words()) as ReadableStream<string>),
  ]) {
    inner.texts.length = 0;
    for await (const _ of (await open()) as AsyncIterable<string>) expect(await isHeld()).toBe(true);
    expect(inner.texts).toEqual(["Hi", "there!"]);
    expect(await isHeld()).toBe(false);
  }
});

test("a nested turn is over when it ends, the turn around it is not", async () => {
  const { memory, inner, isHeld } = session();
  await memory.withTurn(async (turn) => {
    const nested = await memory.withTurn(async (nested) => {
      await nested.load();
      return { save: nested.save };
    });
    await expect(nested.save("a", "b")).rejects.toMatchObject({ code: "STALE_TURN", applied: false });
    const begun = await memory.beginTurn();
    await begun.end();
    await begun.end();
    expect(await isHeld()).toBe(true);
    await turn.save("Hello", "Hi there!");
  });
  expect(inner.texts).toEqual(["Hello", "Hi there!"]);
});

test("another LockedMemory of the same key and locker uses it too, of either generation", async () => {
  const { key, memory } = session();
  const fences: unknown[] = [];
  const variables: VariableMemory = new LockedMemory(
    variableMemoryThat(async ({ fence }) => void fences.push(fence)),
    locker,
    { key, timeout: 2_000 },
  );
  await memory.withTurn(async (turn) => {
    await variables.saveContext({}, {});
    await variables.clear();
    expect(fences).toEqual([turn.fence, turn.fence]);
  });
});

test("a memory that uses an object with the same lock key waits for nothing", async () => {
  const key = `memory:{${randomUUID()}}`;
  const { memory: index } = session(key);
  const memory = new LockedMemory(
    {
      ...memoryThat(() => index.append(["note"])),
      load: () => index.withTurn({ timeout: 2_000 }, (turn) => turn.load()),
    },
    locker,
    { key },
  );
  await memory.save("in", "out");
  await using turn = await memory.beginTurn();
  await turn.save("in", "out");
  await turn.clear();
  expect(await turn.load()).toEqual(["note", "note", "note"]);
});

test("another session takes its own lock, and the way back is still open", async () => {
  const [first, second] = [session(), session()];
  await first.memory.withTurn(async (turn) => {
    await second.memory.withTurn(async (nested) => {
      expect(nested.fence).not.toBe(turn.fence);
      expect([await first.isHeld(), await second.isHeld()]).toEqual([true, true]);
      await first.memory.save("Hello", "Hi there!");
    });
    expect(await second.isHeld()).toBe(false);
    expect(await first.isHeld()).toBe(true);
  });
  expect(first.inner.texts).toHaveLength(2);
});

test("calls that are not made within the turn wait for it", async () => {
  const { memory } = session();
  const begun = await memory.beginTurn();
  await expect(memory.save("a", "b")).rejects.toBeInstanceOf(LockNotAcquiredError);
  await begun.end();
});

test("work that still runs after the turn takes the lock anew", async () => {
  const { key, memory, inner } = session();
  const gate = createGate();
  let late: Promise<unknown> | undefined;
  const fence = await memory.withTurn(async (turn) => {
    late = gate.opened.then(async () => {
      await using held = await other.acquire(key);
      await expect(memory.save("a", "b")).rejects.toBeInstanceOf(LockNotAcquiredError);
      await expect(memory.withTurn({ whenBusy: "reject" }, () => {})).rejects.toBeInstanceOf(LockNotAcquiredError);
      await held.release();
      await memory.save("Hello", "Hi there!");
    });
    return turn.fence;
  });
  gate.open();
  await late;
  expect(inner.calls).toHaveLength(1);
  expect(inner.calls[0]![1].fence).toBeGreaterThan(fence);
});

test("a nested turn that still runs keeps the lock", async () => {
  const { memory, inner, isHeld } = session();
  const gate = createGate();
  let nested: Promise<void> | undefined;
  await memory.withTurn(async () => {
    nested = memory.withTurn(async (turn) => {
      await gate.opened;
      await turn.save("Hello", "Hi there!");
    });
  });
  expect(await isHeld()).toBe(true);
  gate.open();
  await nested;
  expect(inner.texts).toHaveLength(2);
  expect(await isHeld()).toBe(false);
});

test("within a turn whose lock was lost, writes and turns are refused and nothing is taken anew", async () => {
  const { key, memory, inner, isHeld } = session();
  await memory.withTurn(async (turn) => {
    await other.forceRelease(key);
    if (!turn.signal.aborted) await once(turn.signal, "abort");
    const stale = { code: "STALE_TURN", applied: false };
    await expect(memory.save("a", "b")).rejects.toMatchObject(stale);
    await expect(memory.clear()).rejects.toMatchObject(stale);
    await expect(memory.withTurn(() => {})).rejects.toMatchObject(stale);
    await expect(memory.beginTurn()).rejects.toMatchObject(stale);
    expect(await isHeld()).toBe(false);
  });
  expect(inner.calls).toEqual([]);
});

test("turns within a turn take place one at a time, and none waits for one that it is in", async () => {
  const { memory, inner } = session();
  const counted = () =>
    memory.withTurn({ timeout: 5_000 }, async (turn) => {
      const { length } = await turn.load();
      await memory.withTurn((third) => third.append([String(length)]));
    });
  await memory.withTurn(async () => {
    await Promise.all([counted(), counted(), counted()]);
    await counted();
  });
  expect(inner.texts).toEqual(["0", "1", "2", "3"]);
});

test("a turn that waits for another within the same turn waits as its options say", async () => {
  const { key, memory, isHeld } = session();
  await memory.withTurn(async (turn) => {
    const begun = await memory.beginTurn();
    const work = vi.fn();
    await expect(memory.withTurn({ whenBusy: "reject" }, work)).rejects.toMatchObject({
      code: "LOCK_NOT_ACQUIRED",
      key,
    });
    await expect(memory.beginTurn({ timeout: 20 })).rejects.toBeInstanceOf(LockNotAcquiredError);
    const controller = new AbortController();
    const waiting = memory.withTurn({ signal: controller.signal }, work);
    controller.abort("enough");
    await expect(waiting).rejects.toBe("enough");
    const stale = expect(memory.withTurn(work)).rejects.toMatchObject({ code: "STALE_TURN", key });
    await other.forceRelease(key);
    if (!turn.signal.aborted) await once(turn.signal, "abort");
    await stale;
    expect(work).not.toHaveBeenCalled();
    await begun.end();
  });
  expect(await isHeld()).toBe(false);
});

test("a turn that waits for another within a turn keeps the lock when that is over", async () => {
  const { memory, inner, isHeld } = session();
  const gate = createGate();
  const nested: Promise<void>[] = [];
  const fence = await memory.withTurn(async (turn) => {
    for (const text of ["first", "second"]) {
      nested.push(memory.withTurn((own) => gate.opened.then(() => own.append([text]))));
    }
    return turn.fence;
  });
  expect(await isHeld()).toBe(true);
  gate.open();
  await Promise.all(nested);
  expect(inner.texts).toEqual(["first", "second"]);
  expect(inner.calls.map((call) => call[1].fence)).toEqual([fence, fence]);
  expect(await isHeld()).toBe(false);
});

describe("a job that a queue starts where the job of another request has ended", () => {
  /** What the two requests wrote; each says how many texts it had loaded before. */
  async function twoRequests(bind: <T>(job: () => Promise<T>) => () => Promise<T>) {
    const { key, memory, inner } = session();
    const queue = createJobQueue();
    const [inJob, ofOther, joined] = [createGate(), createGate(), createGate()];
    const first = memory.withTurn(async (turn) => {
      const { length } = await turn.load();
      await queue.add(async () => {
        inJob.open();
        await ofOther.opened;
      });
      // It goes on while the next job is run, which has to wait for the end of this turn or has joined it.
      await Promise.race([joined.opened, vi.waitUntil(async () => (await other.inspect(key)).waiting)]);
      await turn.append([`first, after ${length}`]);
    });
    await inJob.opened;
    const second = queue.add(
      bind(async () => {
        await memory.withTurn({ timeout: 5_000 }, async (turn) => {
          const { length } = await turn.load();
          await turn.append([`second, after ${length}`]);
        });
        joined.open();
      }),
    );
    ofOther.open();
    await Promise.all([first, second]);
    return inner.texts;
  }

  test("is taken for a part of that request's turn: both load the same", async () => {
    expect(await twoRequests((job) => job)).toEqual(["second, after 0", "first, after 0"]);
  });

  test("is one of its own if it is bound to its request", async () => {
    expect(await twoRequests((job) => AsyncResource.bind(job))).toEqual(["first, after 0", "second, after 1"]);
  });
});
