import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { redisDriver } from "@distlock/core/driver";
import { ioredisConnection } from "@distlock/ioredis";
import { type NodeRedisClient, nodeRedisConnection } from "@distlock/node-redis";
import { type FaultProxy, startFaultProxy, startRedis } from "@distlock/testing";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import {
  InProcessMemory,
  LockedMemory,
  type Message,
  RedisMemory,
  StaleTurnError,
  UnknownOutcomeError,
} from "../../src/index";
import { assertConnection, type ListConnection } from "../../src/store/assert-connection";
import { ioredis, viaIoredis, viaNodeRedis } from "../support/clients";

const server = await startRedis();
const proxy: FaultProxy = await startFaultProxy(server);
afterAll(async () => {
  await proxy.stop();
  await server.stop();
});

const redis = ioredis(server.port);
const said: Message = { role: "user", content: "said" };

/** Clients that do not send again what got no answer. */
const impatient: Record<string, () => Promise<ListConnection>> = {
  async ioredis() {
    const client = new Redis(proxy.port, { maxRetriesPerRequest: 0, retryStrategy: () => 20 });
    client.on("error", () => {});
    onTestFinished(() => client.disconnect());
    const connection = ioredisConnection(client);
    assertConnection("a test", connection);
    return connection;
  },
  async "node-redis"() {
    const client = createClient({ socket: { port: proxy.port, reconnectStrategy: () => 20 } });
    client.on("error", () => {});
    await client.connect();
    onTestFinished(() => client.destroy());
    const connection = nodeRedisConnection(client as unknown as NodeRedisClient);
    assertConnection("a test", connection);
    return connection;
  },
};

describe.for(Object.entries(impatient))("%s", ([, connect]) => {
  const writes: Record<string, (memory: RedisMemory) => Promise<unknown>> = {
    save: (memory) => memory.save(said, said),
    append: (memory) => memory.append([said]),
    replace: (memory) => memory.replace([said]),
    clear: (memory) => memory.clear(),
  };

  test.for(Object.entries(writes))(
    "a %s without an answer says that nobody knows whether it was done",
    async ([, write]) => {
      const session = randomUUID();
      const memory = new RedisMemory(await connect(), { session });
      await write(memory);
      const lost = proxy.loseReply();
      const [error] = await Promise.all([write(memory).catch((reason: unknown) => reason), lost]);
      expect(error).toBeInstanceOf(UnknownOutcomeError);
      expect(UnknownOutcomeError.is(error)).toBe(true);
      const { cause, ...rest } = error as UnknownOutcomeError;
      expect(rest).toMatchObject({ code: "UNKNOWN_OUTCOME", applied: "unknown", key: `memory:{${session}}` });
      expect(cause).toBeInstanceOf(Error);
      expect((error as Error).message).toBe(
        `it is not known whether a write to "memory:{${session}}" was done: ${(cause as Error).message}`,
      );
      expect(StaleTurnError.is(error)).toBe(false);
    },
  );

  test("a turn and a locked write reject with it too, and writing it again by its name does it once", async () => {
    const connection = await connect();
    const session = randomUUID();
    const locker = createLocker(redisDriver(viaIoredis(server.port)));
    const memory = new LockedMemory(() => new RedisMemory(connection, { session }), locker).for(session);
    const named = { idempotencyKey: "request-1" };
    await memory.append([said]);
    for (const write of [
      () => memory.append([said], named),
      () => memory.withTurn((turn) => turn.append([said], { idempotencyKey: "request-2" })),
    ]) {
      const lost = proxy.loseReply();
      const [error] = await Promise.all([write().catch((reason: unknown) => reason), lost]);
      expect(error).toBeInstanceOf(UnknownOutcomeError);
      await expect.poll(() => write().catch(() => undefined)).toEqual({ done: "before" });
    }
    expect(await redis.llen(`memory:{${session}}:messages`)).toBe(3);
  });

  test("a load without an answer rejects with the client's own error", async () => {
    const memory = new RedisMemory(await connect(), { session: randomUUID() });
    await memory.load();
    for (const options of [{}, { fence: 1 }]) {
      const lost = proxy.loseReply();
      const [error] = await Promise.all([memory.load(options).catch((reason: unknown) => reason), lost]);
      expect(error).toBeInstanceOf(Error);
      expect(UnknownOutcomeError.is(error)).toBe(false);
      await expect.poll(() => memory.load().catch(() => undefined)).toEqual([]);
    }
  });
});

describe.for([
  ["ioredis", viaIoredis(server.port)],
  ["node-redis", await viaNodeRedis(server.port)],
] as const)("what Redis says for sure, %s", ([, connection]) => {
  test("is the client's own error: nothing was done, and that is known", async () => {
    await redis.config("SET", "maxmemory", "1");
    onTestFinished(async () => void (await redis.config("SET", "maxmemory", "0")));
    const memory = new RedisMemory(connection, { session: randomUUID() });
    const error = await memory.append([said]).catch((reason: unknown) => reason);
    expect(UnknownOutcomeError.is(error)).toBe(false);
    expect(String(error)).toMatch(/OOM/);
  });
});

test.for([viaIoredis, viaNodeRedis])(
  "of what a replica says it is not sure that nothing was done: a copy may have been done elsewhere before, %o",
  async (connect) => {
    const replica = await startRedis();
    onTestFinished(() => replica.stop());
    await replica.command("REPLICAOF", server.host, String(server.port));
    const memory = new RedisMemory(await connect(replica.port), { session: "s" });
    const error = await memory.append([said]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UnknownOutcomeError);
    expect(String(error)).toMatch(/READONLY/);
  },
);

describe("the words of a refusal", () => {
  const inProcess = () => new InProcessMemory();
  const inRedis = () => new RedisMemory(viaIoredis(server.port), { session: randomUUID() });

  test.for([
    ["InProcessMemory", inProcess],
    ["RedisMemory", inRedis],
  ] as const)("of %s fit who has no turn, and who has an old one", async ([, create]) => {
    const memory = create();
    await memory.append([said], { fence: 12 });
    await expect(memory.append([said])).rejects.toThrow(
      /^a call of ".*" was refused: it has no fence, but others read and write under a lock, the last one with the fence 12; nothing was written$/,
    );
    await expect(memory.append([said], { fence: 11 })).rejects.toThrow(
      /^a call of ".*" was refused: the conversation was read or written with the fence 12, above its own, 11; nothing was written$/,
    );
  });
});
