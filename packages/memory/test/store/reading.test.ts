import { randomUUID } from "node:crypto";
import { ioredisConnection } from "@distlock/ioredis";
import { type NodeRedisClient, nodeRedisConnection } from "@distlock/node-redis";
import { startRedis } from "@distlock/testing";
import { Redis } from "ioredis";
import { createClient, createClientPool } from "redis";
import { afterAll, describe, expect, test } from "vitest";
import { type Message, RedisMemory, StaleTurnError } from "../../src/index";
import { ioredis, viaIoredis, viaNodeRedis } from "../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

const redis = ioredis(server.port);
const said = (content: string): Message => ({ role: "user", content });

describe.for([
  ["ioredis", viaIoredis(server.port)],
  ["node-redis", await viaNodeRedis(server.port)],
] as const)("a load, %s", ([, connection]) => {
  test("loads pages from the newest to the oldest, each of them oldest first, in a turn too", async () => {
    const memory = new RedisMemory(connection, { session: randomUUID() });
    const all = Array.from({ length: 25 }, (_, i) => said(String(i)));
    await memory.append(all, { fence: 1 });
    const pages: Message[][] = [];
    for (let before = 0; ; before += 10) {
      const page = await memory.load({ last: 10, before, ...(before > 0 && { fence: 2 }) });
      if (page.length === 0) break;
      pages.unshift(page);
    }
    expect(pages.map(({ length }) => length)).toEqual([5, 10, 10]);
    expect(pages.flat()).toEqual(all);
  });

  test("without a fence is one plain LRANGE; with one it is one transaction, which stamps first", async () => {
    const memory = new RedisMemory(connection, { session: randomUUID() });
    await memory.append([said("1")]);
    await memory.load({ fence: 1 }); // the script is known now
    const calls = async (load: () => Promise<unknown>) => {
      await redis.config("RESETSTAT");
      await load();
      const stats = await redis.info("commandstats");
      return [...stats.matchAll(/cmdstat_(\w+):calls=(\d+)/g)].map(([, name, count]) => `${name} ${count}`);
    };
    expect((await calls(() => memory.load())).filter((call) => !/config|info/.test(call))).toEqual(["lrange 1"]);
    const stamped = await calls(() => memory.load({ fence: 2 }));
    for (const call of ["multi 1", "evalsha 1", "lrange 1", "exec 1"]) expect(stamped).toContain(call);
    expect(stamped.some((call) => call.startsWith("eval "))).toBe(false);
  });

  test("goes on when the server has forgotten the script", async () => {
    const memory = new RedisMemory(connection, { session: randomUUID() });
    await memory.append([said("1")], { fence: 1 });
    for (let fence = 2; fence < 4; fence++) {
      expect(await memory.load({ fence })).toEqual([said("1")]);
      await redis.script("FLUSH");
    }
  });

  test("keeps the server busy for at most 1.3 times as long as LRANGE alone", async () => {
    const session = randomUUID();
    const memory = new RedisMemory(connection, { session });
    const text = "x".repeat(1_000);
    await memory.append(
      Array.from({ length: 10_000 }, () => said(text)),
      { fence: 1 },
    );
    /** In µs, of all that a call ran on the server: a script and a transaction count what is in them. */
    async function busy(load: () => Promise<unknown>): Promise<number> {
      await redis.config("RESETSTAT");
      await load();
      const stats = await redis.info("commandstats");
      const of = (name: string) => Number(stats.match(new RegExp(`cmdstat_${name}:calls=\\d+,usec=(\\d+)`))?.[1] ?? 0);
      return of("exec") || of("lrange");
    }
    const least = { plain: Number.POSITIVE_INFINITY, load: Number.POSITIVE_INFINITY, turn: Number.POSITIVE_INFINITY };
    const ratio = () => Math.max(least.load, least.turn) / least.plain;
    // The least of several in turn: another process on the machine can only add to it, so a busy machine needs more of them.
    for (let round = 0; round < 30 || (ratio() > 1.3 && round < 300); round++) {
      least.plain = Math.min(least.plain, await busy(() => redis.lrange(`memory:{${session}}:messages`, 0, -1)));
      least.load = Math.min(least.load, await busy(() => memory.load()));
      least.turn = Math.min(least.turn, await busy(() => memory.load({ fence: 2 + round })));
    }
    expect(ratio()).toBeLessThanOrEqual(1.3);
  });
});

test("a user who may only read can load outside of turns, and search", async () => {
  await redis.call("ACL", "SETUSER", "reader", "on", ">reader", "~*", "+@read", "+@connection");
  await new RedisMemory(viaIoredis(server.port), { session: "read-only" }).append([said("1")]);
  const user = { username: "reader", password: "reader" };
  const one = new Redis(server.port, { ...user, enableReadyCheck: false });
  const two = await createClient({ socket: { port: server.port }, ...user }).connect();
  for (const connection of [ioredisConnection(one), nodeRedisConnection(two as unknown as NodeRedisClient)]) {
    const memory = new RedisMemory(connection, { session: "read-only" });
    expect(await memory.load()).toEqual([said("1")]);
    expect(await memory.load({ last: 1, before: 1 })).toEqual([]);
    expect(await memory.search("1", 1)).toHaveLength(1);
    await expect(memory.load({ fence: 1 })).rejects.toThrow(/^NOPERM/);
    await expect(memory.append([said("2")])).rejects.toThrow(/^NOPERM/);
  }
  one.disconnect();
  two.destroy();
});

test("a user who may not send MULTI loads in a turn too, by the script alone", async () => {
  await redis.call("ACL", "SETUSER", "single", "on", ">single", "~*", "+@all", "-multi");
  const user = { username: "single", password: "single" };
  const one = new Redis(server.port, { ...user, enableReadyCheck: false });
  const two = await createClient({ socket: { port: server.port }, ...user }).connect();
  for (const connection of [ioredisConnection(one), nodeRedisConnection(two as unknown as NodeRedisClient)]) {
    const [session, all] = [randomUUID(), [said("1"), said("2")]];
    const memory = new RedisMemory(connection, { session });
    expect(await memory.load({ fence: 1 })).toEqual([]);
    await memory.append(all, { fence: 1 });
    expect(await memory.load({ fence: 2 })).toEqual(all);
    expect(await memory.load({ fence: 3, last: 1, before: 1 })).toEqual([said("1")]);
    await expect(memory.load({ fence: 2 })).rejects.toThrow(StaleTurnError);
    await expect(memory.append(all, { fence: 2 })).rejects.toThrow(StaleTurnError);
  }
  one.disconnect();
  two.destroy();
});

test("a load of a turn sees every older write that was accepted, whatever comes in between, even on a pool of connections", async () => {
  const pool = createClientPool({ socket: { port: server.port } }, { minimum: 8 });
  await pool.connect();
  const connection = nodeRedisConnection(pool as unknown as NodeRedisClient);
  const memory = new RedisMemory(connection, { session: randomUUID() });
  const others = Array.from({ length: 8 }, () => new RedisMemory(viaIoredis(server.port), { session: "x" }));
  let expected: unknown[] = [];
  for (let round = 1; round <= 100; round++) {
    const late = Array.from({ length: 4 }, (_, i) =>
      memory.append([said(`${round} ${i}`)], { fence: 2 * round }).then(
        () => [`${round} ${i}`],
        (error) => {
          if (!StaleTurnError.is(error)) throw error;
          return [];
        },
      ),
    );
    const loading = memory.load({ fence: 2 * round + 1 });
    for (const other of others.slice(0, round % 8)) void other.load();
    const seen = (await loading).map(({ content }) => content);
    expected = [...expected, ...(await Promise.all(late)).flat()];
    expect(seen.toSorted()).toEqual(expected.toSorted());
  }
  await pool.close();
});
