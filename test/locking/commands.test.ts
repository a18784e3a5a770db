import { createLocker } from "@distlock/core";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis-6";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clients, newest } from "../support/clients";
import { startWorker } from "../support/worker";

const server = await startRedis();
const redis = new Redis(server.url);
const seen: string[][] = [];
let monitor: Redis;

beforeAll(async () => {
  monitor = (await redis.monitor()) as unknown as Redis;
  monitor.on("monitor", (_time: string, args: string[], source: string) => {
    if (source !== "lua") seen.push(args);
  });
});

afterAll(async () => {
  monitor.disconnect();
  redis.disconnect();
  await server.stop();
});

/** What clients sent since the last call: the server handles an echo after everything that came before it. */
async function sent(): Promise<string[][]> {
  const mark = `mark ${performance.now()}`;
  await redis.echo(mark);
  // Another command may follow at once.
  const at = () => seen.findIndex((args) => args[1] === mark);
  while (at() < 0) await new Promise((resolve) => monitor.once("monitor", () => setImmediate(resolve)));
  return seen.splice(0, at() + 1).slice(0, -1);
}

describe.each(newest)("%s", (name) => {
  test("sends one command to acquire and one to release, from the first use on", async () => {
    const client = await clients[name]!(server.url);
    const locker = createLocker(client.driver);
    await client.get("connected");
    await sent();
    for (let round = 0; round < 3; round++) {
      const lock = await locker.acquire(`commands:${name}`);
      await lock.release();
      const commands = await sent();
      expect(commands.map(([command]) => command?.toUpperCase())).toEqual(
        Array(2).fill(round === 0 ? "EVAL" : "EVALSHA"),
      );
    }
    client.close();
  });

  test("sends nothing while nothing is held or waited for", async () => {
    const client = await clients[name]!(server.url);
    const locker = createLocker(client.driver);
    await locker.withLock(`quiet:${name}`, { ttl: 60 }, (lock) => void lock.signal);
    const lost = await locker.acquire(`quiet:${name}`, { ttl: 60, autoExtend: true });
    await locker.forceRelease(`quiet:${name}`);
    await lost.release().catch(() => {});
    await sent();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await sent()).toEqual([]);
    client.close();
  });

  test("leaves nothing behind that keeps a process running", async () => {
    const worker = startWorker("exit", name, server.url);
    expect(await worker.next()).toEqual([]);
    expect(await worker.ended).toBe(0);
  });
});
