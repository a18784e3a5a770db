import { randomUUID } from "node:crypto";
import { createLocker, type Lock, type Locker } from "@distlock/core";
import { type FaultProxy, stallEventLoop, startFaultProxy, startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, describe, expect, test } from "vitest";
import { clients } from "../support/clients";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { refuseUnhandledRejections } from "../support/unhandled";
import { warningsOf } from "../support/warnings";

const server = await startRedis();
const redis = new Redis(server.url);

refuseUnhandledRejections();
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** What may happen to a lock while the work is done, and what its release then says. */
interface Failure {
  readonly code: "LOCK_LOST" | "LOCK_BACKEND";
  readonly ttl: number;
  happen(lock: Lock, proxy: FaultProxy): unknown;
}

let stalled: Promise<void> | undefined;

/** One stall for all that ask within a moment. */
function stallTogether(): Promise<void> {
  stalled ??= new Promise((resolve) => {
    setTimeout(() => {
      stallEventLoop(700);
      stalled = undefined;
      resolve();
    }, 200);
  });
  return stalled;
}

const failures: Readonly<Record<string, readonly Failure[]>> = {
  stolen: [
    {
      code: "LOCK_LOST",
      ttl: 30_000,
      happen: ({ key }) => redis.set(key, "a stranger", "PX", 60_000),
    },
  ],
  "lost, and known to be": [
    {
      code: "LOCK_LOST",
      ttl: 900,
      async happen({ key, signal }) {
        await redis.del(key);
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    },
  ],
  "run out in a stall": [{ code: "LOCK_LOST", ttl: 600, happen: stallTogether }],
  "out of reach": [
    { code: "LOCK_BACKEND", ttl: 30_000, happen: (_, proxy) => proxy.set("cut") },
    { code: "LOCK_BACKEND", ttl: 30_000, happen: (_, proxy) => proxy.set("hold") },
  ],
};

const errors = [new Error("mine"), "a string", undefined];
const result = { of: "the work" };

interface Room {
  readonly locker: Locker;
  readonly key: string;
  readonly ttl: number;
  fail(lock: Lock): unknown;
}

/** Each way to hold a lock: its result, and the warnings. */
const ways: Readonly<Record<string, (room: Room, finish: () => unknown) => Promise<unknown>>> = {
  withLock: ({ locker, key, ttl, fail }, finish) =>
    locker.withLock(key, { ttl }, async (lock) => {
      await fail(lock);
      return finish();
    }),
  async "await using"({ locker, key, ttl, fail }, finish) {
    await using lock = await locker.acquire(key, { ttl, autoExtend: true });
    await fail(lock);
    return finish();
  },
  async "release in a finally that catches"({ locker, key, ttl, fail }, finish) {
    const lock = await locker.acquire(key, { ttl, autoExtend: true });
    try {
      await fail(lock);
      return finish();
    } finally {
      await lock.release().catch((error) => expect(error).toMatchObject({ key }));
    }
  },
};

/** What came of it, and the warnings. */
async function hold(name: string, { ttl, happen }: Failure, way: keyof typeof ways, finish: () => unknown) {
  const proxy = await startFaultProxy(server);
  const client = await clients[name]!(proxy.url);
  const locker = createLocker(client.driver);
  const key = `work:${randomUUID()}`;
  let outcome: unknown;
  const warnings = await warningsOf(key, async () => {
    outcome = await ways[way]!({ locker, key, ttl, fail: (lock) => happen(lock, proxy) }, finish).then(
      (gave) => ({ gave }),
      (error: unknown) => ({ error }),
    );
  });
  proxy.set("pass");
  await locker.close();
  client.close();
  await proxy.stop();
  return { outcome, warnings: warnings.map(({ code }) => code) };
}

describe.each(Object.entries(failures))("a lock that is %s", (_, kinds) => {
  test.concurrent.each(oldestAndNewest)("the result of the work survives: %s", async (name) => {
    async function throwing(failure: Failure, way: string, error: unknown): Promise<void> {
      const thrower = () => {
        throw error;
      };
      const { outcome, warnings } = await hold(name, failure, way, thrower);
      expect(outcome, way).toStrictEqual({ error });
      expect(warnings, way).toEqual(way.startsWith("release") ? [] : [failure.code]);
    }
    async function giving(failure: Failure, way: string): Promise<void> {
      const { code } = failure;
      const { outcome, warnings } = await hold(name, failure, way, () => result);
      if (way === "withLock" && code === "LOCK_LOST") {
        expect(outcome).toMatchObject({ error: { name: "LockLostError", code } });
        expect(warnings).toEqual([]);
      } else {
        expect((outcome as { gave: unknown }).gave, way).toBe(result);
        expect(warnings, way).toEqual(way.startsWith("release") ? [] : [code]);
      }
    }
    // Not all at once: a busy machine would not answer hundreds of connections in time.
    for (const way of Object.keys(ways)) {
      await Promise.all(
        kinds.flatMap((failure) => [giving(failure, way), ...errors.map((error) => throwing(failure, way, error))]),
      );
    }
  });
});
