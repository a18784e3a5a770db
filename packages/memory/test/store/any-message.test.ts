import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { redisDriver } from "@distlock/core/driver";
import { startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test } from "vitest";
import { RedisSession } from "../../src/frameworks/openai-agents";
import { InProcessMemory, type Message, RedisMemory } from "../../src/index";
import { ioredis, viaIoredis, viaNodeRedis } from "../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

const redis = ioredis(server.port);
const connections = { ioredis: viaIoredis(server.port), "node-redis": await viaNodeRedis(server.port) };

const call = { id: "c1", type: "function", function: { name: "clock", arguments: "{}" } };
const said: Message = { role: "user", content: "said" };

test.for(Object.entries({ ...connections, "this process": undefined }))(
  "a tool-call message of OpenAI, and whatever else JSON can hold, comes back as it was: %s",
  async ([, connection]) => {
    const messages: Message[] = [
      { role: "developer", content: "Be brief." },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "assistant", tool_calls: [call] },
      { role: "tool", tool_call_id: "c1", content: "noon" },
      { role: "of tomorrow", content: [{ type: "hologram", voxels: [1, [2]] }] },
    ];
    const memory = connection ? new RedisMemory(connection, { session: randomUUID() }) : new InProcessMemory();
    await memory.append(messages);
    expect(await memory.load()).toEqual(messages);
    const items = connection
      ? new RedisMemory<object>(connection, { session: randomUUID() })
      : new InProcessMemory<object>();
    await items.append([{ type: "function_call_output", call_id: "c1", output: "noon" }, {}]);
    expect(await items.load()).toHaveLength(2);
    expect(await items.search("noon", 1)).toEqual([]);
  },
);

describe.for(Object.entries(connections))("a list with other texts between its messages, %s", ([, connection]) => {
  const odd = ["text", "null", "[1]", "1", '"a string"', "{", ""];

  test("is read around it, searched, written and trimmed, and keeps it", async () => {
    const session = randomUUID();
    const list = `memory:{${session}}:messages`;
    const memory = new RedisMemory(connection, { session, maxMessages: 20, maxBytes: 10_000, maxTurns: 20 });
    await memory.append([said]);
    await redis.rpush(list, ...odd);
    await memory.append([{ role: "assistant", content: "answered" }]);
    expect(await memory.load()).toEqual([said, { role: "assistant", content: "answered" }]);
    expect(await memory.load({ fence: 1 })).toHaveLength(2);
    expect(await memory.search("said", 5)).toHaveLength(1);
    expect(await redis.llen(list)).toBe(odd.length + 2);
  });

  test("loads a message of a later version as it is", async () => {
    const session = randomUUID();
    const later = { role: "critic", content: { of: "another shape" }, version: 2 };
    await redis.rpush(`memory:{${session}}:messages`, JSON.stringify(later), JSON.stringify(said));
    const memory = new RedisMemory(connection, { session });
    expect(await memory.load()).toEqual([later, said]);
    expect(await memory.search("said", 5)).toHaveLength(1);
  });

  test("is a session of the Agents SDK that is read, changed and popped around it", async () => {
    const session = randomUUID();
    const list = `memory:{${session}}:items`;
    const locker = createLocker(redisDriver(connection));
    const items = new RedisSession<object>(connection, locker, { session });
    const weather = { type: "function_call", callId: "c1", name: "weather" };
    await items.addItems([said]);
    await redis.rpush(list, ...odd, JSON.stringify(weather, undefined, 1), ...odd);
    expect(await items.getItems()).toEqual([said, weather]);
    const replacement = { ...weather, name: "sun" };
    await items.applyHistoryMutations({ mutations: [{ type: "replace_function_call", callId: "c1", replacement }] });
    expect(await redis.lrange(list, 0, -1)).toEqual([
      JSON.stringify(said),
      ...odd,
      JSON.stringify(replacement),
      ...odd,
    ]);
    expect(await items.popItem()).toEqual(replacement);
    expect(await items.popItem()).toEqual(said);
    expect(await items.popItem()).toBeUndefined();
  });
});

test("a search looks into content and parts, and skips messages that have neither", async () => {
  const memory = new InProcessMemory<object>();
  await memory.append([
    {
      role: "user",
      parts: [
        { type: "text", text: "an apple" },
        { type: "file", url: "apple.png" },
      ],
    },
    { role: "user", content: "apple" },
    { role: "assistant", content: null, tool_calls: [{ apple: "apple" }] },
    { type: "function_call_output", output: "apple" },
    { content: { text: "apple" } },
    { content: [null, 1, "apple", { text: ["apple"] }, { text: "apple" }] },
  ]);
  const found = await memory.search("apple", 9);
  expect(found.map(({ content }) => content)).toEqual(["\n\n\n\napple", "apple", "an apple\n"]);
});
