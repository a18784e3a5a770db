import { getEventListeners, once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { createLocker, inProcessDriver, LockLostError } from "@distlock/core";
import { expect, test } from "vitest";
import { LockedMemory } from "../../src/index";
import { lockedCall } from "../../src/turn/locked-call";
import { FencedMemory } from "../support/fenced-memory";
import { createGate } from "../support/gate";
import { openMemoryThat } from "../support/scripted-memory";

let sessions = 0;
function session() {
  const locker = createLocker(inProcessDriver());
  const key = `nested:${sessions++}`;
  const inner = new FencedMemory();
  return { key, locker, inner, memory: new LockedMemory(inner, locker, { key, timeout: 20_000 }) };
}

const stale = { code: "STALE_TURN", applied: false };

test("a nested turn that reaches its own maxTurn is over: its signal aborts, and its calls are refused", async () => {
  const { key, memory, inner } = session();
  await memory.withTurn(async (turn) => {
    await memory.withTurn({ maxTurn: 500 }, async (nested) => {
      await nested.append(["in time"]);
      await once(nested.signal, "abort");
      expect(nested.signal.reason).toBeInstanceOf(LockLostError);
      expect(nested.signal.reason).toMatchObject({ key });
      const late = { ...stale, key, cause: nested.signal.reason };
      await expect(nested.save("late", "late")).rejects.toMatchObject(late);
      await expect(memory.append(["late"])).rejects.toMatchObject(late);
      await expect(memory.load()).rejects.toMatchObject(late);
      await expect(memory.withTurn(() => {})).rejects.toMatchObject(late);
    });
    expect(turn.signal.aborted).toBe(false);
    await turn.append(["after"]);
  });
  expect(inner.texts).toEqual(["in time", "after"]);
});

test("the next turn within the same turn begins when the place of the one before is lost, and neither is blind to the other", async () => {
  const { memory, inner } = session();
  const [begun, ended] = [createGate(), createGate()];
  await memory.withTurn(async () => {
    const first = memory.withTurn({ maxTurn: 500 }, async (nested) => {
      await nested.append([`first, after ${(await nested.load()).length}`]);
      begun.open();
      await ended.opened;
      return nested.append(["late"]);
    });
    await begun.opened;
    await memory.withTurn(async (nested) => {
      await nested.append([`second, after ${(await nested.load()).length}`]);
      ended.open();
      await expect(first).rejects.toMatchObject(stale);
    });
  });
  expect(inner.texts).toEqual(["first, after 0", "second, after 1"]);
});

test("the next turn also waits for a write that was under way when the place of the one before was lost", async () => {
  const locker = createLocker(inProcessDriver());
  const [gate, told] = [createGate(), createGate()];
  const log: string[] = [];
  // Like a database that can't be stopped.
  const deaf = openMemoryThat(async ({ signal }, text) => {
    if (text !== "slow") return void log.push(`wrote ${text}`);
    signal!.addEventListener("abort", told.open);
    await gate.opened;
    log.push("wrote slow");
  });
  const memory = new LockedMemory(deaf, locker, { key: "deaf" });
  await memory.withTurn(async () => {
    const first = memory.withTurn({ maxTurn: 30 }, (nested) => nested.append(["slow"]));
    const second = memory.withTurn((nested) => nested.append(["second"]));
    const bored = new AbortController();
    const third = memory.withTurn({ signal: bored.signal }, () => {});
    await told.opened;
    await setImmediate();
    expect(log).toEqual([]);
    bored.abort("bored");
    await expect(third).rejects.toBe("bored");
    gate.open();
    await Promise.all([first, second]);
  });
  expect(log).toEqual(["wrote slow", "wrote second"]);
});

test("a nested turn's signal aborts, too, when the turn around it has lost its lock", async () => {
  const { memory, locker, key } = session();
  await memory.withTurn({ ttl: 100 }, async (turn) => {
    await memory.withTurn(async (nested) => {
      await locker.forceRelease(key);
      if (!nested.signal.aborted) await once(nested.signal, "abort");
      expect(nested.signal.reason).toBe(turn.signal.reason);
      await expect(nested.append(["late"])).rejects.toMatchObject(stale);
    });
  });
});

test("a run within a turn is bound by its own maxTurn, and its error says so", async () => {
  const { memory, locker, key } = session();
  const options = { ttl: 30, maxHold: 30, autoExtend: true };
  await memory.withTurn(async (turn) => {
    const run = lockedCall(locker, key, options, async ({ signal }) => void (await once(signal, "abort")), {
      inOrder: true,
    });
    await expect(run).rejects.toMatchObject({ code: "LOCK_LOST", key });
    await turn.append(["after"]);
  });
});

test("nested turns leave no listener at the signal of the turn around them", async () => {
  const { memory } = session();
  await memory.withTurn(async ({ signal }) => {
    const before = getEventListeners(signal, "abort").length;
    for (let i = 0; i < 5; i++) await memory.withTurn(async (nested) => void nested.signal.aborted);
    expect(getEventListeners(signal, "abort")).toHaveLength(before);
  });
});
