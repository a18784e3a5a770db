import { randomUUID } from "node:crypto";
import { createLocker, inProcessDriver } from "@distlock/core";
import { type RedisConnection, redisDriver } from "@distlock/core/driver";
import { startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test } from "vitest";
import { type Handle, type MemoryPart, memoryContract } from "../../src/contract";
import { InProcessMemory, LockedMemory, RedisMemory } from "../../src/index";
import { buffers, viaIoredis, viaNodeRedis } from "../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

type Create = () => readonly [Handle, Handle];

const twice = (memory: Handle): readonly [Handle, Handle] => [memory, memory];

const inRedis =
  (a: RedisConnection, b: RedisConnection): Create =>
  () => {
    const session = randomUUID();
    return [new RedisMemory(a, { session }), new RedisMemory(b, { session })];
  };

const locked =
  (create: Create, a: RedisConnection, b: RedisConnection): Create =>
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

const bounds = { ttl: 100_000, maxMessages: 100_000, maxBytes: 100_000_000 };
const all: MemoryPart[] = ["search", "append", "replace", "pages", "signal", "names", "fences"];
/** Its writes carry the fences of its own lock. */
const ofLocked: MemoryPart[] = ["search", "append", "replace", "pages", "signal", "names"];

const targets: Record<string, readonly [create: Create, parts: MemoryPart[]]> = {
  InProcessMemory: [() => twice(new InProcessMemory()), all],
  "RedisMemory, ioredis": [inRedis(ioredis, viaIoredis(port)), all],
  "RedisMemory, ioredis with keyPrefix": [inRedis(viaIoredis(port, prefixed), viaIoredis(port, prefixed)), all],
  "RedisMemory, node-redis": [inRedis(nodeRedis, await viaNodeRedis(port)), all],
  "RedisMemory, node-redis with type mappings and RESP 2": [inRedis(mapped, resp2), all],
  "RedisMemory, ioredis and node-redis": [inRedis(ioredis, nodeRedis), all],
  "RedisMemory with bounds": [
    () => {
      const options = { session: randomUUID(), ...bounds };
      return [new RedisMemory(ioredis, options), new RedisMemory(nodeRedis, options)];
    },
    all,
  ],
  "LockedMemory over InProcessMemory": [
    () =>
      twice(
        new LockedMemory(new InProcessMemory(), createLocker(inProcessDriver()), { key: "memory", timeout: 20_000 }),
      ),
    ofLocked,
  ],
  "LockedMemory over RedisMemory": [locked(inRedis(ioredis, nodeRedis), ioredis, nodeRedis), ofLocked],
};

describe.for(Object.entries(targets))("%s", ([, [create, parts]]) => {
  test.for(memoryContract({ create, parts }).map(({ title, run }) => [title, run] as const))("%s", ([, run]) => run());

  test("says what is wrong with a message, a search, a fence, a name", async () => {
    const [memory] = create();
    const good = { role: "user", content: "good" } as const;
    const loop: Record<string, unknown> = {};
    loop.loop = loop;
    const bad: [unknown, RegExp][] = [
      [undefined, /^output must be a message/],
      ["text", /^output must be a message/],
      [[good], /^output must be a message/],
      [{ ...good, content: new Uint8Array(1) }, /^output must be safe to write as JSON: content has bytes/],
      [{ ...good, metadata: loop }, /^output must be safe to write as JSON: .*circular/],
      [{ ...good, metadata: { big: 1n } }, /^output must be safe to write as JSON: .*BigInt/],
    ];
    for (const [message, expected] of bad) {
      await expect(memory.save(good, message as never)).rejects.toThrow(expected);
      await expect(memory.save(message as never, good)).rejects.toThrow(/^input/);
    }
    await expect(memory.append!([])).rejects.toThrow(/^messages must be an array of 1 or more/);
    await expect(memory.append!([good, "y" as never])).rejects.toThrow(/^messages\[1\] must be a message/);
    await expect(memory.replace!("z" as never)).rejects.toThrow(/^messages must be an array of 0 or more/);
    await expect(memory.search!(undefined as never, 1)).rejects.toThrow(/^query must be a string/);
    await expect(memory.search!("a", "1" as never)).rejects.toThrow(/^k must be an integer, 1 or more/);
    await expect(memory.search!("a", 0)).rejects.toThrow(/^k must be an integer, 1 or more/);
    await expect(memory.load({ fence: 0 })).rejects.toThrow(/^fence must be a safe integer above 0/);
    await expect(memory.load({ last: 0 })).rejects.toThrow(/^last must be an integer from 1 to/);
    await expect(memory.load({ before: -1 })).rejects.toThrow(/^before must be an integer from 0 to/);
    await expect(memory.append!([good], { idempotencyKey: "" })).rejects.toThrow(/^idempotencyKey must be/);
  });
});
