import type { Lock } from "@distlock/core";
import { stallEventLoop, startRedis } from "@distlock/testing";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { readFenced, writeFenced } from "../support/fenced";
import { createLockers } from "../support/lockers";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { refuseUnhandledRejections } from "../support/unhandled";
import { untilWaiting } from "../support/until";
import { startWorker } from "../support/worker";

const server = await startRedis();
const { open, end } = createLockers();

refuseUnhandledRejections();
afterEach(end);
afterAll(() => server.stop());

const looks: Readonly<Record<string, (lock: Lock) => boolean>> = {
  isHeld: (lock) => lock.isHeld,
  "remaining()": (lock) => lock.remaining() > 0,
  "signal.aborted": (lock) => !lock.signal.aborted,
};

describe.each(oldestAndNewest)("%s", (name) => {
  test.each(Object.entries(looks))(
    "after a stall the first look at %s says lost, before any timer ran",
    async (title, look) => {
      const { locker } = await open(name, server.url);
      const lock = await locker.acquire(`stall:${title}:${name}`, { ttl: 200, autoExtend: true });
      let turns = 0;
      let aborts = 0;
      const { signal } = lock;
      signal.addEventListener("abort", () => aborts++);
      expect(look(lock)).toBe(true);
      setTimeout(() => turns++, 0);
      setImmediate(() => turns++);
      stallEventLoop(300);
      expect(look(lock)).toBe(false);
      expect(turns).toBe(0);
      expect({ isHeld: lock.isHeld, remaining: lock.remaining(), aborted: signal.aborted, aborts }).toEqual({
        isHeld: false,
        remaining: 0,
        aborted: true,
        aborts: 1,
      });
      expect(signal.reason).toMatchObject({ code: "LOCK_LOST" });
      // Nor does an extension that was under way bring it back.
      await locker.inspect("after the earlier answers");
      expect(lock.isHeld).toBe(false);
      await expect(lock.extend()).rejects.toBe(signal.reason);
    },
  );
});

test("a holder that writes without a look after a stall is refused, and changes nothing for the next holder", async () => {
  const names = oldestAndNewest;
  const { url } = server;
  const held = new Map<string, Lock>();
  const lockers = await Promise.all(names.map((name) => open(name, url)));
  for (const [i, name] of names.entries()) {
    const lock = await lockers[i]!.locker.acquire(name, { ttl: 2_500, autoExtend: true });
    held.set(name, lock);
    expect(await writeFenced(url, name, lock.fence, "ours")).toBe(true);
  }
  const worker = startWorker("write-fenced", url, ...names);
  await Promise.all(names.map((name, i) => untilWaiting(lockers[i]!.locker, name, 1)));
  for (const lock of held.values()) expect(lock.isHeld).toBe(true);
  stallEventLoop(4_000); // the other process is granted the locks
  for (const _ of names) {
    const { name, fence, taken } = await worker.next<{ name: string; fence: number; taken: boolean }>();
    expect(taken).toBe(true);
    expect(fence).toBeGreaterThan(held.get(name)!.fence);
  }
  for (const [name, lock] of held) {
    expect(await writeFenced(url, name, lock.fence, "ours, too late")).toBe(false);
    expect(await readFenced(url, name)).toBe("theirs");
    expect(lock.isHeld).toBe(false);
    await expect(lock.release()).rejects.toMatchObject({ code: "LOCK_LOST" });
  }
  expect(await worker.ended).toBe(0);
});
