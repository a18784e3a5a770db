import { createLocker } from "@distlock/core";
import { startRedis } from "@distlock/testing";
import { afterAll, expect, test } from "vitest";
import { clients } from "../support/clients";
import { untilWaiting } from "../support/until";
import { startWorker } from "../support/worker";

const server = await startRedis();
const client = await clients["ioredis 6.0.0"]!(server.url);
const holder = createLocker(client.driver);
afterAll(async () => {
  await holder.close();
  client.close();
  await server.stop();
});

const cases = Object.keys(clients).flatMap((name) => [0, 5].map((after) => [name, after] as const));

test.concurrent.each(cases)(
  "work that keeps the event loop busy for longer than a claim has the lock that was handed over (%s, %i ms after the grant)",
  async (name, after) => {
    const key = `busy:${name}:${after}`;
    const worker = startWorker("busy", name, server.url, key, `${after}`);
    const held = await holder.acquire(key, { autoExtend: true });
    const again = await holder.acquire(`${key}:again`, { autoExtend: true });
    expect(await worker.next()).toBe("waits");
    await untilWaiting(holder, key, 1);
    await held.release();
    expect(await worker.next()).toBe("ended well");

    await untilWaiting(holder, again.key, 1);
    await again.release();
    const took = await worker.next<number>();
    console.log(`${name}: the whole ttl ${took.toFixed(1)} ms after the grant`);
    expect(took).toBeLessThan(200);
    expect(await worker.ended).toBe(0);
  },
);
