import { randomUUID } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createLocker, type LockError } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { LockedMemory } from "../../src/index";
import { ioredis } from "../support/clients";
import { FencedMemory } from "../support/fenced-memory";

const server = await startRedis();
const client = ioredis(server.port);
const warnings: LockError[] = [];
const onWarning = (error: unknown) => void warnings.push(error as LockError);

subscribe("distlock:warning", onWarning);
afterAll(async () => {
  unsubscribe("distlock:warning", onWarning);
  await server.stop();
});
beforeEach(() => {
  warnings.length = 0;
});

/** Makes the release of a turn fail. */
const failures = {
  async LOCK_LOST() {
    const key = `memory:${randomUUID()}`;
    const locker = createLocker(ioredisDriver(client));
    return { key, locker, fail: () => client.set(key, "another's token", "PX", 60_000) };
  },
  async LOCK_BACKEND() {
    const crashing = await startRedis();
    onTestFinished(() => crashing.stop());
    const locker = createLocker(ioredisDriver(ioredis(crashing.port, { retryStrategy: () => null })));
    return { key: "memory:s1", locker, fail: () => crashing.signal("SIGKILL") };
  },
};

describe.for(Object.entries(failures))("a turn whose release fails with %s", ([code, prepare]) => {
  async function turns() {
    const { key, locker, fail } = await prepare();
    const inner = new FencedMemory();
    return { key, inner, fail, memory: new LockedMemory(inner, locker, { key }) };
  }

  test("is a success after it has saved, with a warning", async () => {
    const { key, inner, fail, memory } = await turns();
    const result = await memory.withTurn(async (turn) => {
      await turn.save("Hello", "Hi there!");
      await fail();
      return "done";
    });
    expect(result).toBe("done");
    expect(inner.texts).toEqual(["Hello", "Hi there!"]);
    expect(warnings).toEqual([expect.objectContaining({ code, key })]);
  });

  test("keeps the error of its work, with a warning", async () => {
    const { key, fail, memory } = await turns();
    const own = new Error("no model");
    const work = memory.withTurn(async () => {
      await fail();
      throw own;
    });
    await expect(work).rejects.toBe(own);
    expect(warnings).toEqual([expect.objectContaining({ code, key })]);
  });

  test("passes its stream on to the end, with a warning", async () => {
    const { key, fail, memory } = await turns();
    const turn = await memory.beginTurn();
    async function* answer() {
      yield "Hi there!";
      await fail();
    }
    const chunks: string[] = [];
    for await (const chunk of turn.hold(answer())) chunks.push(chunk);
    expect(chunks).toEqual(["Hi there!"]);
    expect(warnings).toEqual([expect.objectContaining({ code, key })]);
    await turn.end();
    expect(warnings).toHaveLength(1);
  });
});
