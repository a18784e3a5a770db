import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { redisDriver } from "@distlock/core/driver";
import { startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test } from "vitest";
import { InProcessMemory, LockedMemory, type Message, RedisMemory } from "../../src/index";
import { ioredis, viaIoredis, viaNodeRedis } from "../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

const redis = ioredis(server.port);
const connections = { ioredis: viaIoredis(server.port), "node-redis": await viaNodeRedis(server.port) };

const question = (content: string): Message => ({ role: "user", content });
const answer = (content: string): Message => ({ role: "assistant", content });
const texts = (messages: readonly Message[]) => messages.map(({ content }) => content);

const kinds = {
  ...Object.fromEntries(
    Object.entries(connections).map(([name, connection]) => [
      `RedisMemory, ${name}`,
      () => new RedisMemory(connection, { session: randomUUID() }),
    ]),
  ),
  InProcessMemory: () => new InProcessMemory(),
};

describe.for(Object.entries(kinds))("names of writes of %s", ([, create]) => {
  test("the answer is not lost when it has the name of its question", async () => {
    const memory = create();
    const named = { idempotencyKey: "request-1" };
    await memory.append([question("How much?")], named);
    const second = memory.append([answer("Ten.")], named);
    await expect(second).rejects.toThrow(
      new RangeError('idempotencyKey "request-1" is the name of another write; nothing was written'),
    );
    await expect(memory.replace([question("How much?")], named)).rejects.toThrow(RangeError);
    expect(texts(await memory.load())).toEqual(["How much?"]);
    await memory.append([answer("Ten.")], { idempotencyKey: "request-1, answer" });
    expect(texts(await memory.load())).toEqual(["How much?", "Ten."]);
  });

  test("a write says whether it was done now, or before", async () => {
    const memory = create();
    const named = { idempotencyKey: "request-1" };
    expect(await memory.save(question("a"), answer("b"))).toEqual({ done: "now" });
    expect(await memory.save(question("1"), answer("2"), named)).toEqual({ done: "now" });
    expect(await memory.save(question("1"), answer("2"), named)).toEqual({ done: "before" });
    expect(await memory.append([question("1")], { idempotencyKey: "append" })).toEqual({ done: "now" });
    expect(await memory.append([question("1")], { idempotencyKey: "append" })).toEqual({ done: "before" });
    expect(await memory.replace([question("1")], { idempotencyKey: "replace" })).toEqual({ done: "now" });
    await memory.append([answer("2")]);
    expect(await memory.replace([question("1")], { idempotencyKey: "replace" })).toEqual({ done: "before" });
    expect(texts(await memory.load())).toEqual(["1", "2"]);
  });

  test("a write is the same even if the fields of its messages come in another order", async () => {
    const memory = create();
    const named = { idempotencyKey: "request-1" };
    await memory.append([{ role: "user", content: "1", metadata: { a: 1, b: 2 } }], named);
    const again = { metadata: { b: 2, a: 1 }, content: "1", role: "user" };
    expect(await memory.append([again], named)).toEqual({ done: "before" });
    expect(await memory.load()).toHaveLength(1);
  });

  test("a name ends with the conversation that was cleared: a later write of that name is done", async () => {
    const memory = create();
    const named = { idempotencyKey: "request-1" };
    await memory.save(question("1"), answer("2"), named);
    await memory.clear();
    expect(await memory.save(question("1"), answer("2"), named)).toEqual({ done: "now" });
    expect(texts(await memory.load())).toEqual(["1", "2"]);
    await memory.clear();
    await memory.append([question("0")]);
    expect(await memory.save(question("1"), answer("2"), named)).toEqual({ done: "now" });
    expect(texts(await memory.load())).toEqual(["0", "1", "2"]);
  });

  test("a name is remembered when the conversation is emptied, but not cleared", async () => {
    const memory = create();
    const [first, none] = [{ idempotencyKey: "first" }, { idempotencyKey: "none" }];
    await memory.append([question("1")], first);
    expect(await memory.replace([], none)).toEqual({ done: "now" });
    expect(await memory.append([question("1")], first)).toEqual({ done: "before" });
    await memory.append([question("2")]);
    expect(await memory.replace([], none)).toEqual({ done: "before" });
    expect(texts(await memory.load())).toEqual(["2"]);
  });

  test("a name may be of any length and content, and another one is another write", async () => {
    const memory = create();
    const long = "x".repeat(1_000_000);
    const names = [long, `${long}y`, "x".repeat(64), "x".repeat(65), "'\"\0\n 日本 🙂"];
    for (const round of ["now", "before"]) {
      for (const [i, idempotencyKey] of names.entries()) {
        const written = await memory.append([question(String(i))], { idempotencyKey });
        expect(written).toEqual({ done: round });
      }
    }
    expect(texts(await memory.load())).toEqual(["0", "1", "2", "3", "4"]);
  });

  test("at least the last 1,000 names are remembered, but not indefinitely", async () => {
    const memory = create();
    const write = (i: number) => memory.append([question(String(i))], { idempotencyKey: `name ${i}` });
    await write(0);
    for (let i = 1; i < 1_000; i++) await write(i);
    expect(await write(0)).toEqual({ done: "before" });
    for (let i = 1_000; i < 2_100; i++) await write(i);
    for (const i of [1_200, 2_000, 2_099]) expect(await write(i)).toEqual({ done: "before" });
    expect(await write(0)).toEqual({ done: "now" });
  });
});

test("a turn, and a locked write, say it too", async () => {
  const connection = connections.ioredis;
  const sessions = new LockedMemory(
    (session: string) => new RedisMemory(connection, { session }),
    createLocker(redisDriver(connection)),
  );
  const memory = sessions.for(randomUUID());
  const named = { idempotencyKey: "request-1" };
  expect(await memory.withTurn((turn) => turn.save(question("1"), answer("2"), named))).toEqual({ done: "now" });
  expect(await memory.withTurn((turn) => turn.save(question("1"), answer("2"), named))).toEqual({ done: "before" });
  expect((await memory.append([question("3")])).done).toBe("now");
});

test("a caller whose retry has a different answer learns that the first answer is kept", async () => {
  const memory = new RedisMemory(connections.ioredis, { session: randomUUID() });
  const request = async (model: string) => {
    const asked = await memory.append([question("How much?")], { idempotencyKey: "request-1 question" });
    if (asked.done === "before") return (await memory.load()).at(-1)!.content;
    await memory.append([answer(model)], { idempotencyKey: "request-1 answer" });
    return model;
  };
  expect(await request("Ten.")).toBe("Ten.");
  expect(await request("Eleven.")).toBe("Ten.");
  const late = memory.append([answer("Eleven.")], { idempotencyKey: "request-1 answer" });
  await expect(late).rejects.toThrow(RangeError);
  expect(texts(await memory.load())).toEqual(["How much?", "Ten."]);
});

test("50 named writes leave no more keys than one does, and a name of 1 MB no large one", async () => {
  const session = randomUUID();
  const memory = new RedisMemory(connections.ioredis, { session });
  const keys = () => redis.keys(`*${session}*`);
  await memory.append([question("0")], { idempotencyKey: "0" });
  const after = (await keys()).toSorted();
  for (let i = 1; i < 50; i++) await memory.append([question(`${i}`)], { idempotencyKey: `${i}` });
  await memory.append([question("long")], { idempotencyKey: "x".repeat(1_000_000) });
  expect((await keys()).toSorted()).toEqual(after);
  expect(after).toEqual([`memory:{${session}}:messages`, `memory:{${session}}:messages:writes`]);
  expect(await redis.memory("USAGE", after[1]!, "SAMPLES", 0)).toBeLessThan(20_000);
});
