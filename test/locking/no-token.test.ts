import { deepEqual, equal } from "node:assert/strict";
import { channel } from "node:diagnostics_channel";
import { inspect } from "node:util";
import { createLeases, createLocker, type Lock, type MultiLock } from "@distlock/core";
import { traced } from "@distlock/otel";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestClient } from "../support/client";
import { clients } from "../support/clients";

const server = await startRedis();
const admin = new Redis(server.url);
const warnings: unknown[] = [];
const note = (message: unknown) => void warnings.push(message);

beforeAll(() => channel("distlock:warning").subscribe(note));
afterAll(async () => {
  channel("distlock:warning").unsubscribe(note);
  admin.disconnect();
  await server.stop();
});

/** All that a logger, an error tracker or an assertion could make of a value. */
function outputs(value: unknown): string {
  const whole = { depth: Number.POSITIVE_INFINITY, maxStringLength: null, maxArrayLength: null } as const;
  const texts = [
    inspect(value),
    inspect(value, { ...whole, showHidden: true }),
    inspect(value, { ...whole, showHidden: true, getters: true }),
    String(value),
    json(value),
  ];
  if (typeof value === "object" && value !== null) texts.push(inspect({ ...value }, whole), json({ ...value }));
  if (value instanceof Error) {
    texts.push(
      value.stack ?? "",
      json(Object.fromEntries(Object.getOwnPropertyNames(value).map((name) => [name, value[name as keyof Error]]))),
    );
    if (value.cause !== undefined) texts.push(outputs(value.cause));
  }
  return texts.join("\n");
}

function errorOf(compare: () => void): unknown {
  try {
    compare();
  } catch (error) {
    return error;
  }
  throw new Error("it did not throw");
}

const json = (value: unknown): string => {
  const seen = new Set();
  return (
    JSON.stringify(value, (_, inner) => {
      if (typeof inner !== "object" || inner === null) return inner;
      if (seen.has(inner)) return undefined;
      seen.add(inner);
      return inner;
    }) ?? ""
  );
};

function expectNoToken(value: unknown, ...locks: readonly (Lock | MultiLock)[]): void {
  const text = outputs(value);
  for (const { token } of locks) expect(text.includes(token), "the output has a token in it").toBe(false);
}

describe.each(Object.entries(clients))("%s", (name, connect) => {
  let client: TestClient;
  beforeAll(async () => {
    client = await connect(server.url);
  });
  afterAll(() => client.close());

  test("a lock shows no token when it is printed, spread or compared", async () => {
    for (const locker of [createLocker(client.driver), traced(createLocker(client.driver))]) {
      const one = await locker.acquire("shown:1", { ttl: 5_000 });
      const several = await locker.acquire(["shown:2", "shown:3"], { ttl: 5_000, autoExtend: true });
      for (const lock of [one, several]) {
        expect(lock.token).toMatch(/^[\w-]{16}:[\w-]{36}$/);
        void lock.signal.aborted;
        expectNoToken(lock, one, several);
        for (const compare of [() => expect(lock).toEqual({}), () => deepEqual(lock, {}), () => equal(lock, {})]) {
          expectNoToken(errorOf(compare), one, several);
        }
        await lock.release();
        expectNoToken(lock, one, several);
      }
      await locker.close();
    }
  });

  test("errors, their causes, and warnings show no token, even where one command served many locks", async () => {
    const locker = createLocker(client.driver);
    const keys = Array.from({ length: 5 }, (_, i) => `refused:${name}:${i}`);
    // The first is lost in the end.
    const locks = await Promise.all(keys.map((key, i) => locker.acquire(key, { ttl: i === 0 ? 1_000 : 30_000 })));
    const { signal } = locks[0]!;
    await admin.replicaof("127.0.0.1", 1);
    try {
      const outcomes = await Promise.allSettled([
        ...locks.slice(0, 3).map((lock) => lock.extend()),
        ...locks.slice(3).map((lock) => lock.release()),
        locker.acquire(`refused:${name}:more`, { timeout: 500 }),
        locker.tryAcquire(["refused:{a}:1", "refused:{a}:2"]),
        locker.forceRelease(keys[0]!),
      ]);
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: "rejected", reason: { code: "LOCK_BACKEND" } });
        expectNoToken(outcome, ...locks);
        if (outcome.status === "rejected") {
          expect(outcome.reason.cause).toMatchObject({ message: expect.stringContaining("READONLY") });
          expectNoToken(outcome.reason, ...locks);
        }
      }
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      expectNoToken(signal.reason, ...locks);
      expectNoToken(warnings, ...locks);
    } finally {
      await admin.replicaof("NO", "ONE");
    }
    await locker.close();
  });

  test("a server that repeats what it was sent, as it does with a command that it does not know, shows no token", async () => {
    const strange = await startRedis({ args: ["--rename-command", "EVALSHA", ""] });
    const other = await connect(strange.url);
    const token = "tttttttttttttttt:00000000-1111-2222-3333-444444444444";
    const { extend } = createLeases(other.driver);
    expect(await extend({ key: "k", token, ttl: 1_000 })).toBe("lost"); // by EVAL
    const rejected = await extend({ key: "k", token, ttl: 1_000 }).catch((error: unknown) => error);
    expect(rejected).toMatchObject({ code: "LOCK_BACKEND", message: expect.stringContaining("unknown command") });
    expect(outputs(rejected)).not.toContain("tttttttttttttttt");
    other.close();
    await strange.stop();
  });
});
