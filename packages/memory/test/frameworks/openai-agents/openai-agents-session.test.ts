import { randomUUID } from "node:crypto";
import { createLocker, LockNotAcquiredError } from "@distlock/core";
import { type RedisConnection, redisDriver } from "@distlock/core/driver";
import { startFaultProxy, startRedis } from "@distlock/testing";
import {
  type AgentInputItem,
  assistant,
  MemorySession,
  type SessionHistoryRewriteAwareSession,
  type SessionHistoryTransactionAwareSession,
  user,
} from "@openai/agents";
import { functionCall } from "@openai/agents/testing";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { RedisSession } from "../../../src/frameworks/openai-agents";
import { sessionKey } from "../../../src/index";
import { buffers, ioredis, viaIoredis, viaNodeRedis } from "../../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

type AnySession = SessionHistoryTransactionAwareSession & SessionHistoryRewriteAwareSession;

const redis = ioredis(server.port);
const connections = [viaIoredis(server.port), await viaNodeRedis(server.port, buffers)] as const;
const lockers = connections.map((connection) => createLocker(redisDriver(connection)));

const sessionOn = (i: 0 | 1, session: string = randomUUID(), connection: RedisConnection = connections[i]) =>
  new RedisSession<AgentInputItem>(connection, lockers[i]!, { session });

const texts = ["one", "two", "three"] as const;
const [one, two, three] = texts.map((text) => user(text)) as [AgentInputItem, AgentInputItem, AgentInputItem];
const call = (callId: string, text: string) => functionCall("weather", { text }, { callId });

const append = (operationId: string, ...items: AgentInputItem[]) => ({
  operationId,
  transaction: { type: "append_items" as const, items },
});
const replaceSuffix = (operationId: string, expectedSuffix: AgentInputItem[], replacement: AgentInputItem[]) => ({
  operationId,
  transaction: { type: "replace_suffix" as const, expectedSuffix, replacement },
});

const kinds: Record<string, () => AnySession> = {
  "the SDK's MemorySession": () => new MemorySession(),
  "RedisSession on ioredis": () => sessionOn(0),
  "RedisSession on node-redis": () => sessionOn(1),
};

describe.for(Object.entries(kinds))("%s", ([, create]) => {
  test("keeps items as they are, in their order", async () => {
    const session = create();
    expect(await session.getItems()).toEqual([]);
    await session.addItems([one, { ...assistant("ü 🙂"), providerData: { nested: [1, null, "x"] } }]);
    await session.addItems([]);
    await session.addItems([call("c1", "Ulm")]);
    const all = [one, { ...assistant("ü 🙂"), providerData: { nested: [1, null, "x"] } }, call("c1", "Ulm")];
    expect(await session.getItems()).toEqual(all);
    expect(await session.getItems(2)).toEqual(all.slice(1));
    expect(await session.getItems(9)).toEqual(all);
    for (const none of [0, -1]) expect(await session.getItems(none)).toEqual([]);
  });

  test("pops the last item, and clears", async () => {
    const session = create();
    await session.addItems([one, two, three]);
    expect(await session.popItem()).toEqual(three);
    expect(await session.getItems()).toEqual([one, two]);
    await session.clearSession();
    expect(await session.popItem()).toBeUndefined();
    expect(await session.getItems()).toEqual([]);
  });

  test("applies a transaction once, and no other one of its name", async () => {
    const session = create();
    await session.applyHistoryTransaction(append("op 1", one, two));
    await session.applyHistoryTransaction(append("op 1", one, two));
    expect(await session.getItems()).toEqual([one, two]);
    await session.applyHistoryTransaction(replaceSuffix("op 2", [two], [three, three]));
    await session.applyHistoryTransaction(replaceSuffix("op 2", [two], [three, three]));
    expect(await session.getItems()).toEqual([one, three, three]);
    for (const other of [append("op 1", one), append("op 2", three), replaceSuffix("op 2", [three], [])]) {
      await expect(session.applyHistoryTransaction(other)).rejects.toThrow(Error);
    }
    expect(await session.getItems()).toEqual([one, three, three]);
  });

  test("replaces only the expected end, and does not remember a refused transaction", async () => {
    const session = create();
    await session.addItems([one, two]);
    for (const end of [[one], [one, three], [three, one, two]]) {
      await expect(session.applyHistoryTransaction(replaceSuffix("op", end, [three]))).rejects.toThrow(Error);
    }
    expect(await session.getItems()).toEqual([one, two]);
    await session.applyHistoryTransaction(replaceSuffix("op", [two], []));
    await session.applyHistoryTransaction(replaceSuffix("other op", [], [three]));
    expect(await session.getItems()).toEqual([one, three]);
  });

  test("compares items whatever the order of their fields", async () => {
    const session = create();
    await session.addItems([one, { role: "user", content: "two", providerData: { a: 1, b: [{ c: 2, d: 3 }] } }]);
    const turned = { providerData: { b: [{ d: 3, c: 2 }], a: 1 }, content: "two", role: "user" } as AgentInputItem;
    await session.applyHistoryTransaction(replaceSuffix("op", [turned], [three]));
    await session.applyHistoryTransaction(
      replaceSuffix("op", [{ role: "user", content: "two", providerData: { a: 1, b: [{ c: 2, d: 3 }] } }], [three]),
    );
    expect(await session.getItems()).toEqual([one, three]);
    const { providerData, ...rest } = turned as { providerData: object };
    await session.addItems([rest as AgentInputItem]);
    await expect(session.applyHistoryTransaction(replaceSuffix("op 2", [turned], []))).rejects.toThrow(Error);
  });

  test("refuses a value that is not a transaction", async () => {
    const session = create();
    const wrong = [
      { operationId: " ", transaction: append("x").transaction },
      { operationId: "op", transaction: { type: "append_items", items: [one], more: 1 } },
      { operationId: "op", transaction: { type: "append_items" } },
      { operationId: "op", transaction: { type: "replace_all", items: [one] } },
      { operationId: "op", transaction: { type: "replace_suffix", expectedSuffix: [one] } },
      { operationId: "op", transaction: undefined },
    ];
    for (const each of wrong) await expect(session.applyHistoryTransaction(each as never)).rejects.toThrow(Error);
    await session.applyHistoryTransaction(append("op", one));
    expect(await session.getItems()).toEqual([one]);
  });

  test("replaces a call, and drops what else there is of it", async () => {
    const session = create();
    await session.addItems([one, call("c1", "a"), two, call("c1", "b"), call("c2", "c")]);
    await session.applyHistoryMutations({
      mutations: [
        { type: "replace_function_call", callId: "c1", replacement: call("c1", "new") },
        { type: "replace_function_call", callId: "none", replacement: call("none", "new") },
      ],
    });
    await session.applyHistoryMutations({ mutations: [] });
    expect(await session.getItems()).toEqual([one, call("c1", "new"), two, call("c2", "c")]);
  });
});

test("all instances that name a session share it, and no others", async () => {
  const id = randomUUID();
  const [a, b] = [sessionOn(0, id), sessionOn(1, id)];
  expect(await a.getSessionId()).toBe(id);
  await a.addItems([one]);
  await b.addItems([two]);
  expect(await a.getItems()).toEqual([one, two]);
  expect(await sessionOn(0).getItems()).toEqual([]);
});

test("two instances that pop at once get each item once", async () => {
  const id = randomUUID();
  const sessions = [sessionOn(0, id), sessionOn(1, id)];
  const items = Array.from({ length: 20 }, (_, i) => user(String(i)));
  await sessions[0]!.addItems(items);
  const popped = await Promise.all(items.map((_, i) => sessions[i % 2]!.popItem()));
  expect(new Set(popped.map((item) => JSON.stringify(item)))).toEqual(
    new Set(items.map((item) => JSON.stringify(item))),
  );
  expect(await sessions[0]!.getItems()).toEqual([]);
});

const writes: Record<
  string,
  [write: (session: RedisSession<AgentInputItem>) => Promise<unknown>, left: AgentInputItem[]]
> = {
  addItems: [(session) => session.addItems([three]), [one, two, three]],
  popItem: [(session) => session.popItem(), [one]],
  clearSession: [(session) => session.clearSession(), []],
  replaceHistoryWithCompaction: [(session) => session.replaceHistoryWithCompaction([three]), [three]],
  applyHistoryTransaction: [(session) => session.applyHistoryTransaction(append("op", three)), [one, two, three]],
};

test.for(Object.entries(writes))("%s is done once, though its command is sent again", async ([name, [write, left]]) => {
  const proxy = await startFaultProxy(server);
  onTestFinished(() => proxy.stop());
  const session = sessionOn(0, randomUUID(), viaIoredis(proxy.port));
  await session.addItems([one, two]);
  const lost = proxy.loseReply();
  const answer = write(session);
  await lost;
  expect(await answer).toEqual(name === "popItem" ? two : undefined);
  expect(await session.getItems()).toEqual(left);
});

test("a write waits for the holder of the session, up to its timeout; a read does not", async () => {
  const id = randomUUID();
  const session = new RedisSession<AgentInputItem>(connections[0], lockers[0]!, { session: id, timeout: 50 });
  await session.addItems([one]);
  await lockers[1]!.withLock(sessionKey(id), async () => {
    for (const [write] of Object.values(writes)) await expect(write(session)).rejects.toThrow(LockNotAcquiredError);
    expect(await session.getItems()).toEqual([one]);
  });
  await session.addItems([two]);
  expect(await session.getItems()).toEqual([one, two]);
});

test("its keys end by its ttl, or not at all, and lie in the slot of its lock", async () => {
  const id = randomUUID();
  const [kept, bounded] = [
    sessionOn(0, id),
    new RedisSession(connections[0], lockers[0]!, { session: `${id}b`, ttl: 60_000 }),
  ];
  await kept.addItems([one]);
  await bounded.addItems([one]);
  const [list, other] = [`${sessionKey(id)}:items`, `${sessionKey(`${id}b`)}:items`];
  for (const key of [list, `${list}:writes`]) expect(await redis.pttl(key)).toBe(-1);
  expect(await redis.pttl(other)).toBeGreaterThan(50_000);
  for (const key of await redis.keys(`*${id}*`)) {
    expect(key).toContain("{");
    if (!key.startsWith(list)) expect(await redis.pttl(key)).toBeGreaterThan(0);
  }
});

test("a key that is not a list of items is left as it is", async () => {
  const id = randomUUID();
  const list = `${sessionKey(id)}:items`;
  await redis.set(list, "text");
  await expect(sessionOn(0, id).addItems([one])).rejects.toThrow(/holds a string, and not a session's items/);
  expect(await redis.get(list)).toBe("text");
});

test("bad items are refused before anything is sent", async () => {
  const id = randomUUID();
  const session = sessionOn(0, id);
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  const bytes = [new Uint8Array(1), Buffer.from("x"), new ArrayBuffer(1)];
  for (const wrong of [undefined, null, "text", [1], 1n, loop, ...bytes, ...bytes.map((data) => ({ data }))]) {
    const items = [one, wrong] as never;
    await expect(session.addItems(items)).rejects.toThrow(/^items\[1\] must be/);
    await expect(session.replaceHistoryWithCompaction(items)).rejects.toThrow(TypeError);
    await expect(session.applyHistoryTransaction(append("op", ...(items as AgentInputItem[])))).rejects.toThrow(
      TypeError,
    );
  }
  await expect(session.addItems("text" as never)).rejects.toThrow(new TypeError("items must be an array of 0 or more"));
  await expect(session.getItems(1.5)).rejects.toThrow(RangeError);
  expect(await redis.keys(`*${id}*`)).toEqual([]);
});

test("bad arguments of RedisSession are refused", () => {
  const make = (options: unknown, connection: unknown = connections[0], locker: unknown = lockers[0]) =>
    new RedisSession(connection as never, locker as never, options as never);
  expect(() => make({ session: "s" }, redis)).toThrow(/^RedisSession needs a connection/);
  expect(() => make({ session: "s" }, connections[0], {})).toThrow(/^RedisSession needs a locker/);
  expect(() => make(undefined)).toThrow(TypeError);
  expect(() => make({ session: { session: "s" } })).toThrow(new TypeError("session must be a string, got object"));
  expect(() => make({ session: "" })).toThrow(RangeError);
  expect(() => make({ session: "s", ttl: 0 })).toThrow(/^ttl must be an integer from 1/);
  expect(() => make({ session: "s", timeout: -1 })).toThrow(/^timeout/);
  expect(() => make({ session: "s", maxItems: 1 })).toThrow(/^unknown option "maxItems"/);
});
