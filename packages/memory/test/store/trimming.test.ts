import { randomUUID } from "node:crypto";
import { startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test } from "vitest";
import { RedisMemory, type RedisMemoryOptions } from "../../src/index";
import { ioredis, viaIoredis, viaNodeRedis } from "../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

const redis = ioredis(server.port);

const system = { role: "system", content: "Be brief." };
const user = (content: string) => ({ role: "user", content });
const assistant = (content: string) => ({ role: "assistant", content });

/** A question that takes two tools, in the forms of those who call models, and its length. */
const turns: Record<string, (name: string) => object[]> = {
  "OpenAI's chat": (name) => [
    user(name),
    { role: "assistant", content: null, tool_calls: [{ id: "1" }, { id: "2" }] },
    { role: "tool", tool_call_id: "1", content: "noon" },
    { role: "tool", tool_call_id: "2", content: "sunny" },
    assistant("It is a sunny noon."),
  ],
  "OpenAI's responses": (name) => [
    user(name),
    { type: "function_call", call_id: "1", name: "clock", arguments: "{}" },
    { type: "function_call_output", call_id: "1", output: "noon" },
    { type: "computer_call_output", call_id: "2", output: {} },
    { type: "message", role: "assistant", content: [] },
  ],
  Anthropic: (name) => [
    { role: "user", content: [{ type: "text", text: name }] },
    { role: "assistant", content: [{ type: "tool_use", id: "1" }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "1", content: "noon" }] },
    {
      role: "user",
      content: [
        { type: "text", text: "here" },
        { type: "tool_result", tool_use_id: "1" },
      ],
    },
    { role: "assistant", content: [{ type: "text", text: "It is noon." }] },
  ],
  "the AI SDK": (name) => [
    { content: [{ type: "text", text: name }], role: "user" },
    { role: "assistant", content: [{ type: "tool-call", toolCallId: "1" }] },
    { role: "tool", content: [{ type: "tool-result", toolCallId: "1" }] },
    { role: "tool", content: [] },
    assistant("It is noon."),
  ],
};

describe.for([
  ["ioredis", viaIoredis(server.port)],
  ["node-redis", await viaNodeRedis(server.port)],
] as const)("what a bound leaves, %s", ([, connection]) => {
  const memoryOf = (options: Omit<RedisMemoryOptions, "session">, session = randomUUID()) =>
    new RedisMemory<object>(connection, { session, ...options });

  describe.for(Object.entries(turns))("of messages of %s", ([, turn]) => {
    test("begins with a turn, whatever the bound, and never with a tool's result", async () => {
      for (let maxMessages = 2; maxMessages <= 12; maxMessages++) {
        const memory = memoryOf({ maxMessages });
        for (const name of ["1", "2", "3"]) {
          for (const message of turn(name)) {
            await memory.append([message]);
            const [first] = await memory.load();
            const [, , result, other] = turn(name);
            expect([result, other]).not.toContainEqual(first);
          }
        }
        const whole = [...turn("2"), ...turn("3")];
        const left = await memory.load();
        expect(whole.slice(-left.length)).toEqual(left);
        if (maxMessages >= 5) expect(left).toEqual(maxMessages >= 10 ? whole : turn("3"));
      }
    });

    test("keeps so many turns, and counts no result of a tool as one", async () => {
      const memory = memoryOf({ maxTurns: 2 });
      for (const name of ["1", "2", "3", "4"]) await memory.append(turn(name));
      expect(await memory.load()).toEqual([...turn("3"), ...turn("4")]);
      await memory.append(turn("5").slice(0, 3));
      expect(await memory.load()).toEqual([...turn("4"), ...turn("5").slice(0, 3)]);
      await memory.append(turn("5").slice(3));
      expect(await memory.load()).toEqual([...turn("4"), ...turn("5")]);
    });

    test("begins with a turn when the bound is in bytes, too", async () => {
      const bytes = [...turn("1"), ...turn("2")].reduce((sum, each) => sum + JSON.stringify(each).length, 0);
      const memory = memoryOf({ maxBytes: bytes + 20 });
      for (const name of ["1", "2", "3", "4"]) await memory.append(turn(name));
      expect(await memory.load()).toEqual([...turn("3"), ...turn("4")]);
    });
  });

  test("begins somewhere within a turn that is very long", async () => {
    const memory = memoryOf({ maxMessages: 400 });
    const steps = Array.from({ length: 300 }, (_, i) => [
      { role: "assistant", content: null, tool_calls: [{ id: `${i}` }] },
      { role: "tool", tool_call_id: `${i}`, content: "ok" },
    ]).flat();
    await memory.append([user("0"), assistant("ok"), user("1"), ...steps.slice(0, 399)]);
    await memory.append(steps.slice(399));
    expect(await memory.load()).toEqual(steps.slice(-400));
    await memory.append([user("2"), assistant("ok")]);
    expect(await memory.load()).toEqual([...steps.slice(-398), user("2"), assistant("ok")]);
  });

  test("keeps a leading message of the system, which counts, and no other one", async () => {
    for (const role of ["system", "developer"]) {
      for (const options of [{ maxMessages: 5 }, { maxTurns: 2 }, { maxBytes: 190 }]) {
        const memory = memoryOf(options);
        await memory.append([{ ...system, role }]);
        for (const name of ["1", "2", "3", "4"]) {
          await memory.append([user(name), assistant("ok"), ...(name === "1" ? [system] : [])]);
        }
        const left = [user("3"), assistant("ok"), user("4"), assistant("ok")];
        expect(await memory.load()).toEqual([{ ...system, role }, ...left]);
      }
    }
  });

  test("keeps a call and its results together, even if they alone are above the bound", async () => {
    const results = ["1", "2", "3"].map((tool_call_id) => ({ role: "tool", tool_call_id, content: "ok" }));
    const call = { role: "assistant", content: null, tool_calls: [{ id: "1" }, { id: "2" }, { id: "3" }] };
    const memory = memoryOf({ maxMessages: 2 });
    await memory.append([system, user("1"), call]);
    await memory.append(results);
    expect(await memory.load()).toEqual([system, call, ...results]);
    await memory.append([assistant("done")]);
    expect(await memory.load()).toEqual([system, assistant("done")]);
  });

  test("never drops the messages of the write itself, and rejects where they do not fit beside the system's message", async () => {
    const bytes = JSON.stringify(system).length + JSON.stringify(user("12345")).length;
    const session = randomUUID();
    const memory = memoryOf({ maxBytes: bytes }, session);
    await memory.append([system]);
    await memory.append([user("12345")]);
    expect(await memory.load()).toEqual([system, user("12345")]);
    await memory.append([user("54321")]);
    expect(await memory.load()).toEqual([system, user("54321")]);
    const before = await redis.dump(`memory:{${session}}:messages`);
    await expect(memory.append([user("123456")])).rejects.toThrow(
      new RangeError(`a write must have at most maxBytes, ${bytes} bytes, with the 39 of the system's first message`),
    );
    expect(await redis.dump(`memory:{${session}}:messages`)).toBe(before);
    await memory.replace([user("x".repeat(30))]);
    expect(await memory.load()).toEqual([user("x".repeat(30))]);
  });

  test("is right even where a text is deep, has half of a surrogate pair, or names a role within", async () => {
    const memory = memoryOf({ maxTurns: 1 });
    const within = { role: "assistant", content: 'says "role":"user"', metadata: { role: "user", 'x"role":"user': 1 } };
    await memory.append([user("1"), within]);
    expect(await memory.load()).toEqual([user("1"), within]);
    await memory.append([user("\ud800"), within]);
    expect(await memory.load()).toEqual([user("\ud800"), within]);
    let deep: unknown = "deep";
    for (let i = 0; i < 2_000; i++) deep = [deep];
    await memory.append([{ role: "user", content: deep }, within]);
    expect(await memory.load()).toEqual([{ role: "user", content: deep }, within]);
  });
});
