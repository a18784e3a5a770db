import { randomUUID } from "node:crypto";
import { startRedis } from "@distlock/testing";
import { describe, expect, test } from "vitest";
import { createLockers } from "../support/lockers";
import { oldestAndNewest } from "../support/oldest-and-newest";
import { refuseUnhandledRejections } from "../support/unhandled";
import { untilWaiting } from "../support/until";
import { watch } from "../support/watch";

refuseUnhandledRejections();

/** For each ttl how long it is held, in ms. */
const jobs = { 100: 700, 300: 1_000, 1000: 2_100, 1250: 2_600, 2000: 3_000, 30000: 3_000 };

/** One for the claim, and one when the listener opens: it checks each lock once. */
const budget = (held: number, ttl: number) => Math.ceil(held / (ttl / 3)) + 2;

describe.concurrent.each(oldestAndNewest)("%s", (name) => {
  test("a lock is extended at most once per third of its ttl, and often enough", async () => {
    const server = await startRedis();
    const { open, end } = createLockers();
    const { locker } = await open(name, server.url);
    const { locker: other } = await open(name, server.url);
    const watched = await watch(server.url);

    async function hold(ttl: number, ms: number, handedOver: boolean) {
      const key = `budget:${randomUUID()}`;
      const before = handedOver ? await other.acquire(key) : undefined;
      const granted = locker.acquire(key, { ttl, autoExtend: true, timeout: 20_000 });
      if (before) {
        await untilWaiting(other, key, 1);
        await before.release();
      }
      const lock = await granted;
      const began = performance.now();
      await new Promise((resolve) => setTimeout(resolve, ms));
      const held = performance.now() - began;
      if (ttl >= 1_000) expect(lock.isHeld).toBe(true); // a busy machine may lose a shorter one
      await lock.release().catch(() => {});
      return { ttl, held, token: lock.token };
    }
    const done = await Promise.all(
      Object.entries(jobs).flatMap(([ttl, ms]) => [hold(Number(ttl), ms, false), hold(Number(ttl), ms, true)]),
    );
    const { sent } = await watched.seen();
    const extensions = sent.filter(({ kind }) => kind === "extend");
    expect(extensions.length).toBeGreaterThan(0);
    for (const { ttl, held, token } of done) {
      const count = extensions.filter(({ tokens }) => tokens.includes(token)).length;
      expect(count, `ttl ${ttl}, held for ${held} ms`).toBeLessThanOrEqual(budget(held, ttl));
    }
    watched.stop();
    await end();
    await server.stop();
  });
});
