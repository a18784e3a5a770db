import { randomUUID } from "node:crypto";
import { createLocker, inProcessDriver, type RedisConnection, redisDriver } from "@distlock/core";
import { startRedis } from "@distlock/testing";
import { afterAll, describe, test } from "vitest";
import { InProcessMemory, LockedMemory, type Memory, RedisMemory } from "../src/index";
import { buffers, viaIoredis, viaNodeRedis } from "./clients";
import { fencedCases, type NewStore } from "./fenced-cases";
import { memoryCases, type NewConversation } from "./memory-cases";

const server = await startRedis();
afterAll(() => server.stop());

const twice = (memory: Memory): readonly [Memory, Memory] => [memory, memory];

const inRedis =
  (a: RedisConnection, b: RedisConnection): NewStore =>
  () => {
    const session = randomUUID();
    return [new RedisMemory(a, { session }), new RedisMemory(b, { session })];
  };

const locked =
  (create: NewConversation, a: RedisConnection, b: RedisConnection): NewConversation =>
  () => {
    const [one, two] = create();
    const options = { key: `memory:${randomUUID()}`, timeout: 20_000 };
    return [
      new LockedMemory(one, createLocker(redisDriver(a)), options),
      new LockedMemory(two, createLocker(redisDriver(b)), options),
    ];
  };

const { port } = server;
const prefixed = { keyPrefix: "{app}:" };
const [ioredis, nodeRedis] = [viaIoredis(port), await viaNodeRedis(port)];
const [mapped, resp2] = [await viaNodeRedis(port, buffers), await viaNodeRedis(port, { RESP: 2 })];

const memories: Record<string, NewConversation> = {
  InProcessMemory: () => twice(new InProcessMemory()),
  "LockedMemory over InProcessMemory": () =>
    twice(new LockedMemory(new InProcessMemory(), createLocker(inProcessDriver()), { key: "memory", timeout: 20_000 })),
  "RedisMemory, ioredis": inRedis(ioredis, viaIoredis(port)),
  "RedisMemory, ioredis with keyPrefix": inRedis(viaIoredis(port, prefixed), viaIoredis(port, prefixed)),
  "RedisMemory, node-redis": inRedis(nodeRedis, await viaNodeRedis(port)),
  "RedisMemory, node-redis with type mappings and RESP 2": inRedis(mapped, resp2),
  "RedisMemory, ioredis and node-redis": inRedis(ioredis, nodeRedis),
  "LockedMemory over RedisMemory": locked(inRedis(ioredis, nodeRedis), ioredis, nodeRedis),
};

describe.for(Object.entries(memories))("%s", ([, create]) => {
  test.for(Object.entries(memoryCases))("%s", ([, run]) => run(create));
});

const inProcess: NewStore = () => {
  const memory = new InProcessMemory();
  return [memory, memory];
};

describe.for<[string, NewStore]>([
  ["InProcessMemory", inProcess],
  ["RedisMemory, ioredis", inRedis(ioredis, viaIoredis(port))],
  ["RedisMemory, ioredis with keyPrefix", inRedis(viaIoredis(port, prefixed), viaIoredis(port, prefixed))],
  ["RedisMemory, ioredis and node-redis with type mappings", inRedis(ioredis, mapped)],
])("%s, fenced", ([, create]) => {
  test.for(Object.entries(fencedCases))("%s", ([, run]) => run(create));
});
