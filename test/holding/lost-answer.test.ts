import { randomUUID } from "node:crypto";
import type { Lock, LockError } from "@distlock/core";
import { describe, expect, test } from "vitest";
import { behindProxy } from "../support/behind-proxy";
import { expectSoonFree } from "../support/left-behind";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { untilWaiting } from "../support/until";

const here = await behindProxy();
const { server, redis, open } = here;

describe.each(oldestAndNewest)("%s", (name) => {
  test.each([0, 20_000])(
    "the first answer of a locker is lost: held, or soon free, with the timeout %i",
    async (timeout) => {
      const { locker } = await open(name, here.proxy.url);
      const { locker: other } = await open(name, server.url);
      const key = `lost-answer:${randomUUID()}`;
      const lost = here.proxy.loseReply();
      const outcome: Lock | LockError = await locker.acquire(key, { timeout }).catch((error) => error);
      await lost;
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: "LOCK_BACKEND" });
      else {
        expect(outcome.remaining()).toBeGreaterThan(0);
        expect(await other.inspect(key)).toMatchObject({ held: true, fence: outcome.fence });
        await outcome.release();
      }
      await expectSoonFree(redis, key);
    },
  );

  test("a waiter whose enqueue got no answer is granted all the same, once", async () => {
    const { locker } = await open(name, here.proxy.url);
    const { locker: other } = await open(name, server.url);
    const key = `lost-place:${randomUUID()}`;
    const held = await other.acquire(key);
    const lost = here.proxy.loseReply();
    const waiting = locker.acquire(key, { timeout: 20_000 });
    await lost;
    await untilWaiting(other, key, 1);
    await held.release();
    const lock = await waiting;
    expect(lock.remaining()).toBeGreaterThan(0);
    expect(lock.fence).toBeGreaterThan(held.fence);
    await lock.release();
    await expectSoonFree(redis, key);
  });

  test("a release whose answer was lost frees the lock, and an extension loses nothing", async () => {
    const { locker } = await open(name, here.proxy.url);
    const key = `lost-release:${randomUUID()}`;
    const lock = await locker.acquire(key);
    let lost = here.proxy.loseReply();
    const extended = await lock.extend(60_000).catch((error: unknown) => error);
    await lost;
    if (extended) expect(extended).toMatchObject({ code: "LOCK_BACKEND" });
    expect(lock.isHeld).toBe(true);
    expect(lock.signal.aborted).toBe(false);
    await lock.extend(60_000);
    expect(lock.remaining()).toBeGreaterThan(31_000);
    lost = here.proxy.loseReply();
    const released = await lock.release().catch((error: unknown) => error);
    await lost;
    if (released) expect(released).toMatchObject({ code: "LOCK_BACKEND" });
    expect(lock.isHeld).toBe(false);
    await expectSoonFree(redis, key);
  });
});
