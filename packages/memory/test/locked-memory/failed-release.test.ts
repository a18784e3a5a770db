import { randomUUID } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createLocker, type LockError } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { ioredis } from "../support/clients";
import { lockedWrites } from "../support/scripted-memory";

const server = await startRedis();
const client = ioredis(server.port);
const warnings: LockError[] = [];
const onWarning = (error: unknown) => void warnings.push(error as LockError);

subscribe("distlock:warning", onWarning);
afterAll(async () => {
  unsubscribe("distlock:warning", onWarning);
  await server.stop();
});
/** Files share a process, and turns of another file may still be open. */
const warningsOf = (key: string) => warnings.filter((warning) => warning.key === key);
beforeEach(() => {
  warnings.length = 0;
});

/** Makes the release of a lock fail while the memory writes. */
const failures = {
  async LOCK_LOST() {
    const key = `memory:${randomUUID()}`;
    return {
      key,
      locker: createLocker(ioredisDriver(client)),
      fail: () => client.set(key, "another's token", "PX", 60_000),
    };
  },
  async LOCK_BACKEND() {
    const crashing = await startRedis();
    onTestFinished(() => crashing.stop());
    const locker = createLocker(ioredisDriver(ioredis(crashing.port, { retryStrategy: () => null })));
    return { key: "memory:s1", locker, fail: () => crashing.signal("SIGKILL") };
  },
};

describe.for(Object.entries(lockedWrites))("%s", ([, write]) => {
  describe.for(Object.entries(failures))("whose release fails with %s", ([code, prepare]) => {
    test("resolves after a good write, and warns", async () => {
      const { key, locker, fail } = await prepare();
      await expect(write(async () => void (await fail()), locker, { key })).resolves.toBeUndefined();
      expect(warningsOf(key)).toEqual([expect.objectContaining({ code })]);
    });

    test("rejects with the memory's own error, and warns", async () => {
      const { key, locker, fail } = await prepare();
      const own = new Error("the disk is full");
      const writing = write(
        async () => {
          await fail();
          throw own;
        },
        locker,
        { key },
      );
      await expect(writing).rejects.toBe(own);
      expect(warningsOf(key)).toEqual([expect.objectContaining({ code })]);
    });
  });

  test("frees nobody else's lock", async () => {
    const { key, locker, fail } = await failures.LOCK_LOST();
    await write(async () => void (await fail()), locker, { key });
    expect(await client.get(key)).toBe("another's token");
  });

  test("rejects with the memory's own error when the release is good, without a warning, and frees the lock", async () => {
    const { key, locker } = await failures.LOCK_LOST();
    const own = new Error("the disk is full");
    const fail = () => {
      throw own;
    };
    await expect(write(async () => fail(), locker, { key })).rejects.toBe(own);
    await expect(write(fail, locker, { key })).rejects.toBe(own);
    await write(async () => {}, locker, { key });
    expect(warnings).toEqual([]);
    expect((await locker.inspect(key)).held).toBe(false);
  });
});
