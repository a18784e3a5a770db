import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { redisDriver } from "@distlock/core/driver";
import { startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test } from "vitest";
import { LockedMemory, type Message, RedisMemory, type RedisMemoryOptions, StaleTurnError } from "../../src/index";
import { ioredis, viaIoredis, viaNodeRedis } from "../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

const redis = ioredis(server.port);
const DAY = 86_400_000;
const said: Message = { role: "user", content: "said" };
const answered: Message = { role: "assistant", content: "answered" };

describe.for([
  ["ioredis", viaIoredis(server.port)],
  ["node-redis", await viaNodeRedis(server.port)],
] as const)("the life of a conversation, %s", ([, connection]) => {
  function conversation() {
    const session = randomUUID();
    const [list, writes] = [`memory:{${session}}:messages`, `memory:{${session}}:messages:writes`];
    return {
      session,
      list,
      writes,
      memory: (options: Omit<RedisMemoryOptions, "session"> = {}) =>
        new RedisMemory(connection, { session, ...options }),
      left: async () => [await redis.pttl(list), await redis.pttl(writes)] as const,
    };
  }

  test("a write without a ttl keeps what an instance with a ttl has written", async () => {
    const { memory, left } = conversation();
    await memory({ ttl: 60_000 }).save(said, answered);
    await memory().save(said, answered);
    expect(await left()).toEqual([-1, -1]);
    await memory({ ttl: 60_000 }).save(said, answered);
    const [list, writes] = await left();
    expect(list).toBeGreaterThan(0);
    expect(writes).toBeGreaterThan(list);
  });

  test("a conversation in use outlives an old instance's short ttl", async () => {
    const { memory } = conversation();
    await memory({ ttl: 300 }).save({ role: "user", content: "first" }, answered);
    const until = Date.now() + 600;
    while (Date.now() < until) await memory().append([said]);
    expect((await memory().load())[0]).toEqual({ role: "user", content: "first" });
  });

  test.for(Object.entries({ "a longer ttl": { ttl: 90_000 }, "no ttl": {} }))(
    "a turn of an instance with %s does not lose what it has read to an old instance's ttl",
    async ([, options]) => {
      const { memory, list, left } = conversation();
      await memory({ ttl: 30_000 }).save(said, answered, { fence: 1 });
      await memory(options).load({ fence: 2 });
      const [kept] = await left();
      if ("ttl" in options) expect(kept).toBeGreaterThan(30_000);
      else expect(kept).toBe(-1);
      await redis.pexpire(list, 80_000);
      await memory({ ttl: 30_000 }).load({ fence: 3 });
      const [after] = await left();
      expect(after).toBeGreaterThan(30_000);
    },
  );

  test("the record of its writes never ends before it, no matter who writes or reads", async () => {
    const { memory, left } = conversation();
    const steps: [string, () => Promise<unknown>][] = [
      ["a write with a ttl", () => memory({ ttl: 40 * DAY }).save(said, answered, { fence: 1 })],
      ["a read of an instance without", () => memory().load({ fence: 2 })],
      ["a write with a short one", () => memory({ ttl: 1_000_000 }).append([said], { fence: 2 })],
      ["a read of one with a long one", () => memory({ ttl: 40 * DAY }).load({ fence: 3 })],
      ["a write without", () => memory().replace([said], { fence: 3 })],
    ];
    for (const [what, step] of steps) {
      await step();
      const [list, writes] = await left();
      if (list === -1) expect(writes, what).toBe(-1);
      else expect(writes, what).toBeGreaterThanOrEqual(list + DAY - 10_000);
    }
  });

  test("a name that outlives the ttl of its conversation does not keep a write from being done", async () => {
    const { memory, list } = conversation();
    const kept = memory({ ttl: 100_000 });
    await kept.save(said, answered, { idempotencyKey: "request-1" });
    await redis.pexpire(list, 1);
    while (await redis.exists(list));
    expect(await kept.save(said, answered, { idempotencyKey: "request-1" })).toEqual({ done: "now" });
    expect(await kept.load()).toEqual([said, answered]);
    expect(await kept.save(said, answered, { idempotencyKey: "request-1" })).toEqual({ done: "before" });
    await redis.del(list);
    await kept.append([said]);
    expect(await kept.save(said, answered, { idempotencyKey: "request-1" })).toEqual({ done: "now" });
  });

  test("after a clear there is a fence and some random ids, for a day, and no message or name", async () => {
    const { memory, session, writes } = conversation();
    for (let i = 0; i < 5; i++) {
      await memory({ ttl: 30 * DAY }).append([said], { fence: i + 1, idempotencyKey: `secret ${i}` });
    }
    await memory({ ttl: 30 * DAY }).clear({ fence: 9 });
    expect(await redis.keys(`*${session}*`)).toEqual([writes]);
    const fields = await redis.hgetall(writes);
    expect(fields.fence).toBe("9");
    expect(JSON.stringify(fields)).not.toMatch(/secret|said/);
    expect(Object.keys(fields).filter((field) => /^(n[ab]|p):/.test(field))).toEqual([]);
    expect(await redis.memory("USAGE", writes, "SAMPLES", 0)).toBeLessThan(1_000);
    expect(await redis.pttl(writes)).toBeLessThanOrEqual(DAY);
    expect(await redis.pttl(writes)).toBeGreaterThan(DAY - 60_000);
    await expect(memory().append([said], { fence: 8 })).rejects.toThrow(StaleTurnError);
  });

  test("a turn that only reads a session that never existed leaves one key, for a day", async () => {
    const { session, writes } = conversation();
    const sessions = new LockedMemory(
      (session: string) => new RedisMemory(connection, { session }),
      createLocker(redisDriver(connection)),
    );
    await sessions.for(session).withTurn((turn) => turn.load());
    const own = (await redis.keys(`*${session}*`)).filter((key) => key.includes(":messages"));
    expect(own).toEqual([writes]);
    expect(await redis.pttl(writes)).toBeLessThanOrEqual(DAY);
    expect(await redis.memory("USAGE", writes, "SAMPLES", 0)).toBeLessThan(300);
  });

  test("reads without a fence leave nothing", async () => {
    const { memory, session } = conversation();
    await memory().load();
    await memory().search("said", 1);
    expect(await redis.keys(`*${session}*`)).toEqual([]);
  });

  test("the record of writes is bounded by their number, and smaller than a long conversation itself", async () => {
    const { memory, writes } = conversation();
    for (let i = 0; i < 3_500; i++) {
      await memory({ maxMessages: 10 }).append([said], { fence: 1 + Math.floor(i / 2) });
    }
    expect(await redis.memory("USAGE", writes, "SAMPLES", 0)).toBeLessThan(20_000);
  });

  test("nor does it grow without bound in a turn without an end", async () => {
    const { memory, writes } = conversation();
    const turn = memory({ maxMessages: 10 });
    for (let i = 0; i < 21; i++) {
      await Promise.all(Array.from({ length: 1_000 }, () => turn.append([said], { fence: 1 })));
    }
    expect(await redis.hlen(writes)).toBeLessThanOrEqual(20_010);
  });
});
