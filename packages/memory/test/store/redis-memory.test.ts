import { randomUUID } from "node:crypto";
import { ioredisConnection } from "@distlock/ioredis";
import { startFaultProxy, startRedis } from "@distlock/testing";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { type Message, RedisMemory } from "../../src/index";
import { buffers, ioredis, nodeRedis, viaIoredis, viaNodeRedis } from "../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

const client = ioredis(server.port);
const connection = ioredisConnection(client);
const mapped = await viaNodeRedis(server.port, buffers);

const said: Message = { role: "user", content: "said" };
const answered: Message = { role: "assistant", content: "answered" };
const keyOf = (session: string) => `memory:{${session}}:messages`;

test("keeps a session at a key of its own, with a hash tag, whatever the session's name holds", async () => {
  await client.flushall();
  const keys: Record<string, string> = {
    "session-123": "memory:{session-123}:messages",
    "a b": "memory:{a%20b}:messages",
    "a%20b": "memory:{a%2520b}:messages",
    "a\u00a0b": "memory:{a%C2%A0b}:messages",
    "a\u2028b": "memory:{a%E2%80%A8b}:messages",
    "{a}": "memory:{%7Ba%7D}:messages",
    a: "memory:{a}:messages",
    "}{": "memory:{%7D%7B}:messages",
    "\0\r\n\x7f\x85": "memory:{%00%0D%0A%7F%C2%85}:messages",
    "日本:🙂/'\"": "memory:{日本:🙂/'\"}:messages",
  };
  for (const session of Object.keys(keys)) {
    await new RedisMemory(connection, { session }).save({ role: "user", content: session }, answered);
  }
  expect((await client.keys("*:messages")).toSorted()).toEqual(Object.values(keys).toSorted());
  for (const session of Object.keys(keys)) {
    const [first, ...rest] = await new RedisMemory(connection, { session }).load();
    expect([first?.content, rest]).toEqual([session, [answered]]);
  }
});

test("saves in one command, without a ttl unless asked", async () => {
  const session = randomUUID();
  const memory = new RedisMemory(viaIoredis(server.port), { session });
  await client.config("RESETSTAT");
  await memory.save(said, answered);
  expect(await client.info("commandstats")).toMatch(/cmdstat_rpush:calls=1,/);
  expect(await client.info("commandstats")).toMatch(/cmdstat_eval:calls=1,/);
  await memory.save(said, answered);
  expect(await client.info("commandstats")).toMatch(/cmdstat_evalsha:calls=1,/);
  expect(await client.pttl(keyOf(session))).toBe(-1);
});

test("goes on when the server has forgotten the scripts", async () => {
  const memory = new RedisMemory(connection, { session: randomUUID() });
  for (let i = 0; i < 2; i++) {
    await memory.save(said, answered);
    expect(await memory.load()).toEqual([said, answered]);
    await memory.clear();
    await client.script("FLUSH");
  }
});

test("keeps the session for its ttl after the last save", async () => {
  const session = randomUUID();
  const ttl = 40 * 86_400_000;
  const memory = new RedisMemory(connection, { session, ttl });
  await memory.save(said, answered);
  const left = await client.pttl(keyOf(session));
  expect(left).toBeGreaterThan(ttl - 10_000);
  expect(left).toBeLessThanOrEqual(ttl);

  await client.pexpire(keyOf(session), 60_000);
  await memory.load();
  await memory.search("said", 1);
  const after = await client.pttl(keyOf(session));
  expect(after).toBeGreaterThan(0);
  expect(after).toBeLessThanOrEqual(60_000);
  await memory.save(said, answered);
  expect(await client.pttl(keyOf(session))).toBeGreaterThan(ttl - 10_000);
});

test("leaves one key beside the messages, in their slot, which ends after them", async () => {
  const session = randomUUID();
  const memory = new RedisMemory(connection, { session, ttl: 1_000 });
  await memory.save(said, answered, { fence: 7, idempotencyKey: "a}b{c" });
  await memory.load({ fence: 8 });
  await memory.append([said], { fence: 9 });
  const keys = (await client.keys(`*${session}*`)).toSorted();
  expect(keys).toEqual([`memory:{${session}}:messages`, `memory:{${session}}:messages:writes`]);
  expect(await client.pttl(keys[1]!)).toBeGreaterThan(await client.pttl(keys[0]!));
});

test("appends thousands of messages in one command", async () => {
  const memory = new RedisMemory(connection, { session: randomUUID() });
  const many = Array.from({ length: 9_000 }, (_, i): Message => ({ role: "tool", content: String(i) }));
  await memory.append(many);
  expect(await memory.load()).toEqual(many);
});

test("says how many messages one write may have, where there are more", async () => {
  const many = Array.from({ length: 130_000 }, (_, i): Message => ({ role: "tool", content: String(i) }));
  for (const on of [connection, mapped]) {
    const memory = new RedisMemory(on, { session: randomUUID() });
    const error = new RangeError("a write must have at most 50000 messages, got 130000");
    await expect(memory.append(many)).rejects.toThrow(error);
    await expect(memory.replace(many)).rejects.toThrow(error);
    expect(await memory.load()).toEqual([]);
  }
});

test("saves once, though ioredis sends a save again whose answer was lost", async () => {
  const proxy = await startFaultProxy(server);
  const client = viaIoredis(Number(new URL(proxy.url).port));
  const memory = new RedisMemory(client, { session: randomUUID() });
  await memory.save(said, answered);
  const lost = proxy.loseReply();
  const saved = memory.save(said, answered);
  await lost;
  await saved;
  expect(await memory.load()).toEqual([said, answered, said, answered]);
  await proxy.stop();
});

test("keeps the newest messages", async () => {
  const session = randomUUID();
  const memory = new RedisMemory(connection, { session, maxMessages: 3 });
  for (const name of ["1", "2", "3"]) await memory.save({ ...said, content: name }, answered);
  expect((await memory.load()).map(({ content }) => content)).toEqual(["3", "answered"]);
  expect(await client.llen(keyOf(session))).toBe(2);
});

test("keeps the newest messages that have no more bytes, also half of a pair, and refuses a write that has more", async () => {
  const session = randomUUID();
  const each = JSON.stringify({ ...said, content: "ü" }).length + 1;
  const memory = new RedisMemory(connection, { session, maxBytes: 3 * each });
  const pair = (name: string): [Message, Message] => [
    { ...said, content: name },
    { ...said, content: name },
  ];
  for (const name of ["ü", "22"]) await memory.save(...pair(name));
  expect((await memory.load()).map(({ content }) => content)).toEqual(["ü", "22", "22"]);
  await expect(memory.save(...pair("long".repeat(10)))).rejects.toThrow(
    new RangeError(`a write must have at most maxBytes, ${3 * each} bytes, got ${2 * each + 76}`),
  );
  await expect(memory.append([...pair("22"), ...pair("22")])).rejects.toThrow(RangeError);
  await expect(memory.replace([...pair("22"), ...pair("22")])).rejects.toThrow(RangeError);
  expect((await memory.load()).map(({ content }) => content)).toEqual(["ü", "22", "22"]);
});

test.for(["string", "hash", "set", "zset", "stream"])(
  "leaves a key that holds a %s as it is, and says so",
  async (type) => {
    const session = randomUUID();
    const key = keyOf(session);
    const fill: Record<string, () => Promise<unknown>> = {
      string: () => client.set(key, "precious"),
      hash: () => client.hset(key, "f", "precious"),
      set: () => client.sadd(key, "precious"),
      zset: () => client.zadd(key, 1, "precious"),
      stream: () => client.xadd(key, "*", "f", "precious"),
    };
    await fill[type]!();
    const before = await client.dump(key);
    const memory = new RedisMemory(connection, { session, ttl: 1_000, maxMessages: 2 });
    const message = `key "${key}" holds a ${type}, and not a session's messages: use another key`;
    const unknown = message.replace(`a ${type}`, "something else");
    await expect(memory.save(said, answered)).rejects.toThrow(message);
    await expect(memory.load()).rejects.toThrow(unknown);
    await expect(memory.load({ fence: 1 })).rejects.toThrow(message);
    await expect(memory.search("a", 1)).rejects.toThrow(unknown);
    await expect(memory.clear()).rejects.toThrow(message);
    await expect(memory.replace([said])).rejects.toThrow(message);
    await expect(new RedisMemory(mapped, { session }).load()).rejects.toThrow(unknown);
    await expect(new RedisMemory(mapped, { session }).clear()).rejects.toThrow(message);
    expect(await client.dump(key)).toBe(before);
    expect(await client.pttl(key)).toBe(-1);
  },
);

test("leaves a companion key of another type as it is, and says so", async () => {
  const session = randomUUID();
  const key = `${keyOf(session)}:writes`;
  await client.set(key, "precious");
  const memory = new RedisMemory(connection, { session });
  const message = `key "${key}" holds a string, and not a session's messages: use another key`;
  await expect(memory.save(said, answered)).rejects.toThrow(message);
  await expect(memory.load({ fence: 1 })).rejects.toThrow(message);
  expect(await memory.load()).toEqual([]);
  expect(await client.get(key)).toBe("precious");
});

test("ends a call that has no answer when its signal aborts", async () => {
  const frozen = await startRedis();
  onTestFinished(() => frozen.stop());
  const memory = new RedisMemory(viaIoredis(frozen.port), { session: "s" });
  await memory.save(said, answered);
  await frozen.signal("SIGSTOP");
  const reason = new Error("enough");
  const controller = new AbortController();
  const calls = [
    memory.save(said, answered, controller),
    memory.load(controller),
    memory.search("said", 1, controller),
    memory.clear(controller),
  ].map((call) => call.catch((error) => error));
  controller.abort(reason);
  expect(await Promise.all(calls)).toEqual([reason, reason, reason, reason]);
});

test("says that the client is closed when the server is gone", async () => {
  const lost = await startRedis();
  onTestFinished(() => lost.stop());
  const memory = new RedisMemory(viaIoredis(lost.port, { retryStrategy: () => null }), { session: "s" });
  await memory.save(said, answered);
  await lost.signal("SIGKILL");
  await expect(memory.save(said, answered)).rejects.toThrow(/closed/);
  await expect(memory.load()).rejects.toThrow(/closed/);
});

test("refuses a value that is not a connection", async () => {
  const options = { session: "s" };
  const message = /^RedisMemory needs a connection with lists, such as ioredisConnection/;
  for (const bad of [undefined, null, {}, client, await nodeRedis(server.port), { ...connection, lists: undefined }]) {
    expect(() => new RedisMemory(bad as never, options)).toThrow(
      expect.objectContaining({ name: "TypeError", message: expect.stringMatching(message) }),
    );
  }
});

test.for<[unknown, string, RegExp]>([
  [undefined, "TypeError", /^options must be an object with a session/],
  [{}, "TypeError", /^session must be a string, got undefined/],
  [{ session: 1 }, "TypeError", /^session must be a string, got number/],
  [{ session: "" }, "RangeError", /^session must not be empty/],
  [{ session: "\ud800" }, "TypeError", /^session must be well-formed Unicode/],
  [{ session: "s", ttl: "1" }, "TypeError", /^ttl must be an integer from 1 to 9007199254740991, got string/],
  [{ session: "s", ttl: 0 }, "RangeError", /^ttl must be an integer from 1 to/],
  [{ session: "s", ttl: 1.5 }, "RangeError", /^ttl must be an integer/],
  [{ session: "s", ttl: Number.POSITIVE_INFINITY }, "RangeError", /^ttl must be an integer/],
  [{ session: "s", maxMessages: 1 }, "RangeError", /^maxMessages must be an integer from 2 to/],
  [{ session: "s", maxMessages: null }, "TypeError", /^maxMessages must be an integer from 2 to/],
  [{ session: "s", maxBytes: 0 }, "RangeError", /^maxBytes must be an integer from 1 to/],
  [{ session: "s", maxBytes: "1" }, "TypeError", /^maxBytes must be an integer from 1 to/],
  [
    { session: "s", max: 2 },
    "TypeError",
    /^unknown option "max"; there are session, ttl, maxMessages, maxBytes, maxTurns/,
  ],
  [{ session: "s", maxTurns: 0 }, "RangeError", /^maxTurns must be an integer from 1 to/],
])("refuses the options %o", ([options, name, message]) => {
  expect(() => new RedisMemory(connection, options as never)).toThrow(
    expect.objectContaining({ name, message: expect.stringMatching(message) }),
  );
});
