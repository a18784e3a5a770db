import { randomUUID } from "node:crypto";
import type { LockError, Locker, LockOptions, MultiLock } from "@distlock/core";
import type { RedisServer } from "@distlock/testing";
import { afterEach, describe, expect, test } from "vitest";
import { createLockers } from "../support/lockers";
import { until, untilWaiting } from "../support/until";

/** Where several keys are locked, and with which client. */
export interface Place {
  readonly what: string;
  readonly client: string;
  readonly url: string;
  /** Whether all keys share a hash tag. */
  readonly tagged: boolean;
  nodeOf(key: string): RedisServer | Promise<RedisServer>;
}

export function testSeveralKeys({ what, client, url, tagged, nodeOf }: Place): void {
  describe(`in ${what}, ${client}`, () => {
    const lockers = createLockers();
    afterEach(lockers.end);

    const open = async (options?: LockOptions): Promise<Locker> =>
      (await lockers.open(client, url, { timeout: 20_000, ...options })).locker;

    /** So many keys, in the order in which they are taken. */
    async function keysFor(count: number): Promise<string[]> {
      const id = randomUUID();
      const keys = Array.from({ length: count }, (_, i) => (tagged ? `{several:${id}}:${i}` : `several:${i}:${id}`));
      return keys.sort();
    }

    const states = (locker: Locker, keys: readonly string[]) =>
      Promise.all(keys.map(async (key) => (await locker.inspect(key)).held));

    const expectAllFree = (locker: Locker, keys: readonly string[]) =>
      until(async () => {
        const all = await Promise.all(keys.map((key) => locker.inspect(key)));
        return all.every(({ held, waiting }) => !held && waiting === 0);
      });

    test("is one lock: each key once, a fence for each, one signal", async () => {
      const locker = await open();
      const [a, b, c] = (await keysFor(3)) as [string, string, string];
      const lock = await locker.acquire([c, a, b, a]);
      expect(lock).toMatchObject({ keys: [a, b, c], isHeld: true });
      for (const key of lock.keys) expect(await locker.inspect(key)).toMatchObject({ fence: lock.fences.get(key) });
      expect(lock.remaining()).toBeGreaterThan(29_000);
      await lock.extend(60_000);
      expect(lock.remaining()).toBeGreaterThan(59_000);
      for (const key of lock.keys) expect((await locker.inspect(key)).remaining).toBeGreaterThan(59_000);
      expect(await locker.tryAcquire([a, b])).toBe(null);
      expect(await locker.tryAcquire(c)).toBe(null);
      await lock.release();
      await lock.release();
      expect(lock.isHeld).toBe(false);
      expect(lock.signal.aborted).toBe(false);
      expect(await states(locker, [a, b, c])).toEqual([false, false, false]);
      const result = await locker.withLock([b, a], { ttl: 1_000 }, ({ keys, fences }) => [keys, fences.size]);
      expect(result).toEqual([[a, b], 2]);
      await expectAllFree(locker, [a, b, c]);
    });

    test("takes none while one is held, and says which", async () => {
      const locker = await open();
      async function holding(index: number): Promise<void> {
        const keys = await keysFor(3);
        const key = keys[index]!;
        const held = await locker.acquire(key);
        expect(await locker.tryAcquire(keys)).toBe(null);
        expect(await states(locker, keys)).toEqual(keys.map((each) => each === key));
        const failed = locker.acquire(keys, { maxAttempts: 3, retryDelay: 5 });
        await expect(failed).rejects.toMatchObject({ code: "LOCK_NOT_ACQUIRED", key, attempts: 3 });
        const slow = locker.acquire(keys, { maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 1_000, timeout: 500 });
        await expect(slow).rejects.toMatchObject({ code: "LOCK_NOT_ACQUIRED", key });
        const late = locker.acquire(keys, { timeout: 500 });
        await expect(late).rejects.toMatchObject({ code: "LOCK_NOT_ACQUIRED", key });
        await until(async () => (await states(locker, keys)).filter(Boolean).length === 1);
        await held.release();
        await (await locker.acquire(keys)).release();
        await expectAllFree(locker, keys);
      }
      await Promise.all([0, 1, 2].map(holding));
    });

    test("waits for one after the other, is granted when the last is free, with whole leases", async () => {
      const [locker, other] = [await open(), await open()];
      const keys = await keysFor(3);
      const [, b, c] = keys as [string, string, string];
      const [heldB, heldC] = [await other.acquire(b), await other.acquire(c)];
      // Shorter than the wait: those that it has already are kept alive.
      const waiting = locker.acquire(keys, { ttl: 400 });
      await untilWaiting(other, b, 1);
      const began = performance.now();
      await until(async () => performance.now() - began > 800);
      expect(await states(other, keys)).toEqual([true, true, true]);
      await heldB.release();
      await untilWaiting(other, c, 1);
      await heldC.release();
      const lock = await waiting;
      expect(lock.remaining()).toBeGreaterThan(0);
      expect(lock.fences.get(b)).toBeGreaterThan(heldB.fence);
      expect(lock.fences.get(c)).toBeGreaterThan(heldC.fence);
      await lock.release();
      await expectAllFree(other, keys);
    });

    test("begins again when one that it had is lost while it waits for a later one", async () => {
      const [locker, other] = [await open(), await open()];
      const [a, b, c] = (await keysFor(3)) as [string, string, string];
      const held = await other.acquire(c);
      const waiting = locker.acquire([a, b, c], { ttl: 600 });
      await untilWaiting(other, c, 1);
      await (await nodeOf(a)).command("DEL", a);
      const thief = await other.acquire(a);
      await until(async () => {
        const [first, second, third] = await Promise.all([a, b, c].map((key) => other.inspect(key)));
        return first!.waiting === 1 && !second!.held && third!.waiting === 0;
      });
      await thief.release();
      await untilWaiting(other, c, 1);
      await held.release();
      const lock = await waiting;
      expect(lock.fences.get(a)).toBeGreaterThan(thief.fence);
      await lock.release();
      await expectAllFree(other, [a, b, c]);
    });

    test.each(["signal", "close", "timeout"])("gives up all that it has when a wait ends by %s", async (how) => {
      const [locker, other] = [await open(), await open()];
      const keys = await keysFor(3);
      const held = await other.acquire(keys[2]!);
      const controller = new AbortController();
      const waiting = locker.acquire(keys, { timeout: how === "timeout" ? 100 : 20_000, signal: controller.signal });
      const ended = expect(waiting).rejects.toBeDefined();
      if (how !== "timeout") await untilWaiting(other, keys[2]!, 1);
      if (how === "signal") controller.abort();
      if (how === "close") await locker.close();
      await ended;
      await until(async () => !(await states(other, keys)).slice(0, 2).some(Boolean));
      await held.release();
      await expectAllFree(other, keys);
    });

    test("is lost as a whole when one key is, and frees the others", async () => {
      const [locker, other] = [await open(), await open()];
      const keys = await keysFor(3);
      const lock = await locker.acquire(keys, { ttl: 60_000 });
      const lost = new Promise<LockError>((resolve) => {
        lock.signal.addEventListener("abort", () => resolve(lock.signal.reason));
      });
      await other.forceRelease(keys[1]!);
      await expect(lock.extend()).rejects.toMatchObject({ code: "LOCK_LOST" });
      await expectAllFree(other, keys);
      expect(await lost).toMatchObject({ code: "LOCK_LOST", key: keys[1] });
      expect(lock.isHeld).toBe(false);
      expect(lock.remaining()).toBe(0);
      await expect(lock.extend()).rejects.toBe(lock.signal.reason);
      await expect(lock.release()).rejects.toBe(lock.signal.reason);
    });

    test("frees all that are left when one key is forced out, and the message names none", async () => {
      const [locker, other] = [await open(), await open()];
      const keys = await keysFor(3);
      const held = await other.acquire(keys[0]!);
      const waited = locker.acquire(keys[0]!); // opens the inbox
      await untilWaiting(other, keys[0]!, 1);
      await held.release();
      await (await waited).release();
      for (const key of keys) {
        const lock = await locker.acquire(keys, { ttl: 60_000 });
        const lost = new Promise((resolve) => lock.signal.addEventListener("abort", resolve));
        await other.forceRelease(key);
        await lost;
        await expectAllFree(other, keys);
      }
    });

    test("callers that take keys in any order never deadlock, and never share a key", async () => {
      const three = await Promise.all([1, 2, 3].map(() => open({ ttl: 5_000 })));
      const keys = await keysFor(4);
      const inside = new Map(keys.map((key) => [key, 0]));
      const last = new Map<string, number>();
      let shared = 0;
      const some = (i: number, n: number) => keys.filter((_, at) => ((i * 7 + n * 3 + at) % 5) % 2 === 0);
      await Promise.all(
        three.flatMap((locker, i) =>
          [0, 1, 2].map(async (worker) => {
            for (let n = 0; n < 8; n++) {
              const wanted = some(3 * i + worker, n);
              if ((i + n) % 2) wanted.reverse();
              const [first = keys[0]!] = wanted;
              const lock = wanted.length > 1 ? await locker.acquire(wanted) : await locker.acquire([first]);
              for (const [key, fence] of (lock as MultiLock).fences) {
                const count = inside.get(key)! + 1;
                if (count > 1) shared++;
                inside.set(key, count);
                expect(fence).toBeGreaterThan(last.get(key) ?? 0);
                last.set(key, fence);
              }
              await new Promise(setImmediate);
              for (const key of lock.keys) inside.set(key, inside.get(key)! - 1);
              await lock.release();
            }
          }),
        ),
      );
      expect(shared).toBe(0);
      await expectAllFree(three[0]!, keys);
    });
  });
}
