import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { createLocker, inProcessDriver, type LockError, LockLostError } from "@distlock/core";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { LockedMemory, lockMethods, type Turn } from "../../src/index";
import { lockedCall } from "../../src/turn/locked-call";
import { FencedMemory } from "../support/fenced-memory";
import { createGate } from "../support/gate";
import { openMemoryThat } from "../support/scripted-memory";
import { stall } from "../support/stall";

const warnings: LockError[] = [];
const onWarning = (error: unknown) => void warnings.push(error as LockError);
subscribe("distlock:warning", onWarning);
afterAll(() => void unsubscribe("distlock:warning", onWarning));
beforeEach(() => void warnings.splice(0));

const locker = createLocker(inProcessDriver());
let sessions = 0;
function session(inner = new FencedMemory()) {
  const key = `idle:${sessions++}`;
  return {
    key,
    inner,
    memory: new LockedMemory(inner, locker, { key }),
    isHeld: async () => (await locker.inspect(key)).held,
  };
}

const maxIdle = 40;
const aborted = async ({ signal }: Pick<Turn, "signal">) => void (signal.aborted || (await once(signal, "abort")));

/** Ends when a turn that is idle from now on has been freed, and then some: a clock that is late when the machine is. */
async function longAfter(): Promise<void> {
  await aborted(await session().memory.beginTurn({ maxIdle: 3 * maxIdle }));
  warnings.length = 0;
}

async function* words() {
  yield "Hi";
  yield "there!";
}

describe("a turn is freed", () => {
  test("when nobody calls it, as after a middleware that threw: it is lost, and somebody is warned", async () => {
    const { key, memory, inner, isHeld } = session();
    const turn = await memory.beginTurn({ maxIdle });
    await turn.append(["in time"]);
    await aborted(turn);
    const loss = turn.signal.reason;
    expect(loss).toBeInstanceOf(LockLostError);
    expect(loss).toMatchObject({ key, message: expect.stringContaining(`maxIdle of ${maxIdle} ms was reached`) });
    expect(warnings).toEqual([loss]);
    await memory.withTurn({ timeout: 20_000 }, (next) => next.append(["next"]));
    await expect(turn.append(["late"])).rejects.toMatchObject({ code: "STALE_TURN", applied: false, cause: loss });
    await expect(turn.run(() => {})).rejects.toMatchObject({ code: "STALE_TURN" });
    await turn.end();
    expect(warnings).toEqual([loss]);
    expect(inner.texts).toEqual(["in time", "next"]);
    expect(await isHeld()).toBe(false);
  });

  test.each(["beginTurn", "withTurn"])("of %s when nobody reads the stream that it holds", async (how) => {
    const { memory, isHeld } = session();
    const turn =
      how === "beginTurn"
        ? await memory.beginTurn({ maxIdle })
        : await memory.withTurn({ maxIdle }, (turn) => {
            turn.hold(words());
            return turn;
          });
    turn.hold(words());
    await aborted(turn);
    await vi.waitFor(async () => expect(await isHeld()).toBe(false));
  });

  test("when its stream is not read on, and what that writes later is refused", async () => {
    const { memory, inner } = session();
    const turn = await memory.beginTurn({ maxIdle });
    async function* answer() {
      yield* words();
      await memory.append(["late"]);
    }
    const stream = turn.hold(answer());
    await stream.next();
    await aborted(turn);
    await memory.withTurn({ timeout: 20_000 }, (next) => next.append(["next"]));
    expect(await stream.next()).toMatchObject({ value: "there!" });
    await expect(stream.next()).rejects.toMatchObject({ code: "STALE_TURN", applied: false });
    expect(inner.texts).toEqual(["next"]);
  });

  test("within another: the next one begins, and the one around it goes on", async () => {
    const { memory, inner } = session();
    await memory.withTurn({ maxIdle }, async (turn) => {
      await memory.beginTurn({ maxIdle });
      await memory.withTurn({ timeout: 20_000 }, (next) => next.append(["next"]));
      await turn.append(["last"]);
    });
    expect(inner.texts).toEqual(["next", "last"]);
  });

  test("and so is a locked call whose stream nobody reads", async () => {
    const key = `idle:${sessions++}`;
    const stream = await lockMethods({ say: async () => words() }, locker, { write: ["say"], key, maxIdle }).say();
    expect(await stream.next()).toMatchObject({ value: "Hi" });
    await locker.withLock(key, { timeout: 20_000 }, () => {});
    await expect(stream.next()).rejects.toMatchObject({ code: "LOCK_LOST", key });
  });
});

describe("a turn is not idle", () => {
  test("while the work of withTurn goes on", async () => {
    const { memory } = session();
    await memory.withTurn({ maxIdle }, async (turn) => {
      await longAfter();
      await turn.append(["an answer that took long"]);
    });
    expect(warnings).toEqual([]);
  });

  test("while work that it runs goes on, which is within it", async () => {
    const { memory, inner } = session();
    const turn = await memory.beginTurn({ maxIdle });
    const result = await turn.run(async () => {
      await longAfter();
      await memory.append(["by the memory itself"]);
      return "done";
    });
    expect(result).toBe("done");
    // biome-ignore lint/suspicious/noThenProperty: a query builder is such a thing
    const lazy: PromiseLike<void> = { then: (done) => memory.append(["when it is awaited"]).then(done) };
    await turn.run(() => lazy);
    const own = new Error("the model failed");
    await expect(turn.run(() => Promise.reject(own))).rejects.toBe(own);
    await turn.end();
    await expect(turn.run(() => {})).rejects.toMatchObject({ code: "STALE_TURN", applied: false });
    expect(inner.texts).toEqual(["by the memory itself", "when it is awaited"]);
  });

  test("while a call of it is under way", async () => {
    const gate = createGate();
    const memory = new LockedMemory(
      openMemoryThat(() => gate.opened),
      locker,
      { key: `idle:${sessions++}` },
    );
    const turn = await memory.beginTurn({ maxIdle });
    const writing = turn.append(["slow"]);
    await longAfter();
    expect(turn.signal.aborted).toBe(false);
    gate.open();
    await writing;
    await aborted(turn);
  });

  test("while somebody waits for the next chunk of a stream that it holds, or for the stream itself", async () => {
    const { memory } = session();
    const turn = await memory.beginTurn({ maxIdle });
    const [promised, thought] = [createGate(), createGate()];
    async function* model() {
      await thought.opened;
      yield "Hi";
    }
    const held = turn.hold(promised.opened.then(model));
    await longAfter();
    promised.open();
    const stream = await held;
    const first = stream.next();
    await longAfter();
    expect(turn.signal.aborted).toBe(false);
    thought.open();
    expect(await first).toMatchObject({ value: "Hi" });
    await aborted(turn);
  });

  test("while a turn within it goes on", async () => {
    const { memory } = session();
    const turn = await memory.beginTurn({ maxIdle });
    const gate = createGate();
    let nested: Promise<void> | undefined;
    await turn.run(async () => {
      nested = memory.withTurn(() => gate.opened);
      await setImmediate();
    });
    await longAfter();
    expect(turn.signal.aborted).toBe(false);
    gate.open();
    await nested;
    await aborted(turn);
  });

  test("while a run goes on by itself, though nobody reads it", async () => {
    const [key, gate] = [`idle:${sessions++}`, createGate()];
    await lockedCall(locker, key, { maxIdle }, () => "begun", { until: () => gate.opened });
    await longAfter();
    expect((await locker.inspect(key)).held).toBe(true);
    gate.open();
    await locker.withLock(key, { timeout: 20_000 }, () => {});
  });

  test("when it is called from time to time", async () => {
    const { memory } = session();
    const turn = await memory.beginTurn({ maxIdle: 20 * maxIdle });
    for (let i = 0; i < 10; i++) {
      await longAfter();
      await turn.load();
    }
    expect(turn.signal.aborted).toBe(false);
  });

  test("when a call had arrived while the process was busy", async () => {
    const { memory } = session();
    const turn = await memory.beginTurn({ maxIdle });
    stall(2 * maxIdle);
    await setImmediate();
    await turn.load();
    expect(turn.signal.aborted).toBe(false);
  });

  test("ever with maxIdle Infinity", async () => {
    const { memory } = session();
    await using turn = await memory.beginTurn({ maxIdle: Number.POSITIVE_INFINITY });
    await longAfter();
    await turn.load();
  });
});
