import { randomUUID } from "node:crypto";
import { redisDriver } from "@distlock/core/driver";
import { startFaultProxy, startRedis } from "@distlock/testing";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { StaleTurnError, type WriteOptions } from "../../src/index";
import type { ListConnection } from "../../src/store/assert-connection";
import { createFencedList, type FencedList } from "../../src/store/fenced-list";
import type { ListLimits } from "../../src/store/list-options";
import { buffers, ioredis, viaIoredis, viaNodeRedis } from "../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

const redis = ioredis(server.port);
const connection = viaIoredis(server.port);
const other = await viaNodeRedis(server.port, buffers);

const unbounded: ListLimits = { ttl: 0, maxItems: 0, maxBytes: 0, maxTurns: 0 };

function newList(limits: Partial<ListLimits> = {}, session: string = randomUUID(), on: ListConnection = connection) {
  return createFencedList(on, { key: `memory:{${session}}`, name: "items" }, { ...unbounded, ...limits });
}

/** Two of one new list, on two clients. */
function twoLists(): readonly [FencedList, FencedList] {
  const session = randomUUID();
  return [newList({}, session), newList({}, session, other)];
}

type Call = (list: FencedList, options?: WriteOptions) => Promise<unknown>;

const writes: Record<string, Call> = {
  append: (list, options) => list.append(['"x"'], options),
  replace: (list, options) => list.replace(['"x"'], options),
  replaceEnd: (list, options) => list.replaceEnd(["2"], ['"x"'], options),
  "replaceEnd, of another end": (list, options) => list.replaceEnd(["1"], ['"x"'], options),
  pop: (list, options) => list.pop(options),
  clear: (list, options) => list.clear(options),
};
const calls: Record<string, Call> = { ...writes, read: (list, options) => list.read(options) };

test("reads all, or the last ones, oldest first", async () => {
  const [a, b] = twoLists();
  expect(await a.read()).toEqual([]);
  expect(await a.read({}, { last: 3 })).toEqual([]);
  await a.append(["1", "2"]);
  await b.append(["3", '"ü 🙂"']);
  const all = ["1", "2", "3", '"ü 🙂"'];
  expect(await b.read()).toEqual(all);
  expect(await a.read({}, { last: 2 })).toEqual(all.slice(2));
  expect(await a.read({}, { last: 9 })).toEqual(all);
});

test("replaces all, even with nothing", async () => {
  const [a, b] = twoLists();
  await a.append(["1", "2"]);
  await b.replace(["3"]);
  expect(await a.read()).toEqual(["3"]);
  await a.replace([]);
  expect(await b.read()).toEqual([]);
  await b.replace(["4", "5"]);
  expect(await a.read()).toEqual(["4", "5"]);
});

test("replaces the end if it is as expected, byte for byte", async () => {
  const [a, b] = twoLists();
  await a.append(["1", "2", "3"]);
  for (const end of [["2"], ["1", "3"], ["2", "2", "3"], ["0", "1", "2", "3"], ["03"], ["3 "]]) {
    expect(await b.replaceEnd(end, ['"x"'])).toBe(false);
  }
  expect(await a.read()).toEqual(["1", "2", "3"]);
  expect(await b.replaceEnd(["2", "3"], ["4", "5", "6"])).toBe(true);
  expect(await a.read()).toEqual(["1", "4", "5", "6"]);
  expect(await a.replaceEnd([], ["7"])).toBe(true);
  expect(await a.replaceEnd(["6", "7"], [])).toBe(true);
  expect(await a.read()).toEqual(["1", "4", "5"]);
  expect(await a.replaceEnd(["1", "4", "5"], [])).toBe(true);
  expect(await a.replaceEnd([], [])).toBe(true);
  expect(await b.read()).toEqual([]);
  expect(await b.replaceEnd(["5"], ['"x"'])).toBe(false);
});

test("does not remember an end that was not as expected", async () => {
  const [a] = twoLists();
  const named = { idempotencyKey: "op" };
  await a.append(["1"]);
  expect(await a.replaceEnd(["2"], ["3"], named)).toBe(false);
  await a.append(["2"]);
  expect(await a.replaceEnd(["2"], ["3"], named)).toBe(true);
  await a.append(["2"]);
  expect(await a.replaceEnd(["2"], ["3"], named)).toBe(true);
  expect(await a.read()).toEqual(["1", "3", "2"]);
});

test("pops the last, which has no name", async () => {
  const [a, b] = twoLists();
  const named = { idempotencyKey: "first" } as object;
  expect(await a.pop(named)).toBeUndefined();
  await a.append(["1", "2", "=3"]);
  expect(await b.pop(named)).toBe("=3");
  expect(await a.pop(named)).toBe("2");
  expect(await b.pop()).toBe("1");
  expect(await b.pop()).toBeUndefined();
});

test.for(Object.entries(calls))("%s is refused with an older fence, and stamps its own", async ([, call]) => {
  const [old, next] = twoLists();
  await old.append(["1", "2"], { fence: 41 });
  const before = (await redis.keys(`${old.key}*`)).toSorted();
  await expect(call(next, { fence: 40 })).rejects.toThrow(StaleTurnError);
  expect(await next.read()).toEqual(["1", "2"]);
  expect((await redis.keys(`${old.key}*`)).toSorted()).toEqual(before);
  await call(next, { fence: 42 });
  const after = await next.read();
  await expect(old.append(["late"], { fence: 41 })).rejects.toThrow(StaleTurnError);
  expect(await next.read()).toEqual(after);
});

test.for(Object.entries(writes))("%s is refused without a fence where there are some", async ([, write]) => {
  const [a, b] = twoLists();
  await a.append(["1", "2"], { fence: 41 });
  await expect(write(b)).rejects.toThrow(StaleTurnError);
  expect(await b.read()).toEqual(["1", "2"]);
});

test.for(Object.entries(writes).filter(([name]) => !/another end|clear|pop/.test(name)))(
  "%s is done once by its name, even when a newer holder has read, and its name is refused for another write",
  async ([, write]) => {
    const [a, b] = twoLists();
    const named = { fence: 7, idempotencyKey: "request-1" };
    await a.append(["1", "2", "2", "2"], { fence: 7 });
    const answer = await write(a, named);
    const before = typeof answer === "object" ? { done: "before" } : answer;
    await b.append(["2", "2"], { fence: 8 });
    const after = await b.read();
    expect(await write(b, named)).toEqual(before);
    expect(await write(a, { ...named, fence: 8 })).toEqual(before);
    await expect(b.append(['"other"'], { fence: 8, idempotencyKey: "request-1" })).rejects.toThrow(
      new RangeError('idempotencyKey "request-1" is the name of another write; nothing was written'),
    );
    expect(await a.read()).toEqual(after);
  },
);

test("a clear takes no name, so that the name of a write does not stop the clear", async () => {
  const [a, b] = twoLists();
  const named = { idempotencyKey: "request-1" };
  for (const text of ["1", "2"]) {
    await a.append([text], { idempotencyKey: text });
    await b.append([text], named);
    await a.clear(named as object);
    expect(await b.read()).toEqual([]);
  }
});

test.for(Object.entries(writes).filter(([name]) => !/another end/.test(name)))(
  "%s is done once, though the client sends it again as its answer was lost",
  async ([name, write]) => {
    const proxy = await startFaultProxy(server);
    onTestFinished(() => proxy.stop());
    const list = newList({}, randomUUID(), viaIoredis(proxy.port));
    const near = createFencedList(connection, placeOf(list), unbounded);
    await list.append(["1", "2", "2", "2"]);
    const lost = proxy.loseReply();
    const answer = write(list);
    await lost;
    // Between the two, so that a second clear would be seen too. The client needs longer to connect again.
    await near.append(["between"]);
    await answer;
    const expected: Record<string, string[]> = {
      append: ["1", "2", "2", "2", '"x"', "between"],
      replace: ['"x"', "between"],
      replaceEnd: ["1", "2", "2", '"x"', "between"],
      pop: ["1", "2", "2", "between"],
      clear: ["between"],
    };
    expect(await near.read()).toEqual(expected[name]);
    if (name === "pop") expect(await answer).toBe("2");
  },
);

const placeOf = ({ key }: FencedList) => ({ key: key.replace(/:items$/, ""), name: "items" });

test("lists of one session, and its lock, know nothing of each other", async () => {
  const session = randomUUID();
  const key = `memory:{${session}}`;
  const items = newList({}, session);
  const messages = createFencedList(connection, { key, name: "messages" }, unbounded);
  const named = { fence: 9, idempotencyKey: "request-1" };
  const grant = await redisDriver(connection).acquire({ keys: [key], token: "t:1", ttl: 9_000 }, { abandoned: false });
  expect(grant.status).toBe("granted");
  await items.append(['"item"'], named);
  await messages.append(['"message"'], { ...named, fence: 8 });
  await items.clear({ fence: 10 });
  expect([await items.read(), await messages.read()]).toEqual([[], ['"message"']]);
  expect((await redis.keys(`*${session}*`)).toSorted()).toEqual([
    key,
    `${key}:fence`,
    `${key}:items:writes`,
    `${key}:messages`,
    `${key}:messages:writes`,
  ]);
});

const quarter = JSON.stringify("ü".repeat(11)); // 24 bytes

test("drops the oldest beyond so many bytes, at every write", async () => {
  const list = newList({ maxBytes: 100 });
  await list.append([quarter, quarter, quarter]);
  await list.append([quarter]);
  expect(await list.read()).toHaveLength(4);
  await list.append(['"1"']);
  expect(await list.read()).toEqual([quarter, quarter, quarter, quarter, '"1"']);
  await list.append(["22"]);
  expect(await list.read()).toEqual([quarter, quarter, quarter, '"1"', "22"]);
  await list.replaceEnd(["22"], [quarter, quarter]);
  expect(await list.read()).toEqual([quarter, quarter, '"1"', quarter, quarter]);
  await list.replace(Array.from({ length: 100 }, (_, i) => String(i % 10)));
  await list.append(["last"]);
  expect((await list.read()).join("")).toBe(`${"4567890123".repeat(9)}456789last`);
});

test("drops the oldest of thousands of texts, and texts that another bound has kept", async () => {
  const session = randomUUID();
  const all = newList({}, session);
  await all.append(Array.from({ length: 9_000 }, () => "12345"));
  await newList({ maxBytes: 40_000 }, session).append(["1234"]);
  expect(await all.read()).toHaveLength(8_000);
  await newList({ maxBytes: 40_000, maxItems: 7_000 }, session).pop();
  expect(await all.read()).toHaveLength(7_000);
  await newList({ maxBytes: 500 }, session).replaceEnd(["12345"], []);
  expect(await all.read()).toHaveLength(100);
  await newList({ maxBytes: 4 }, session).pop();
  expect(await all.read()).toEqual([]);
  const whole = Array.from({ length: 9_000 }, (_, i) => String(i));
  await all.replace(whole);
  expect(await all.replaceEnd(whole, whole.toReversed())).toBe(true);
  expect(await all.read()).toEqual(whole.toReversed());
});

test("works with 50,000 texts, and refuses more of them in one write, before anything is sent", async () => {
  const texts = Array.from({ length: 50_001 }, (_, i) => String(i));
  const error = new RangeError("a write must have at most 50000 items, got 50001");
  for (const on of [connection, other]) {
    const unreachable = newList({}, "s", { ...on, eval: () => Promise.reject(new Error("it was sent")) });
    await expect(unreachable.append(texts)).rejects.toThrow(error);
    await expect(unreachable.replace(texts)).rejects.toThrow(error);
    await expect(unreachable.replaceEnd([], texts)).rejects.toThrow(error);
    const list = newList({}, randomUUID(), on);
    await list.append(texts.slice(1));
    expect(await list.replaceEnd(texts.slice(1), texts.slice(1).toReversed())).toBe(true);
    expect(await list.read()).toEqual(texts.slice(1).toReversed());
    await list.replace(texts.slice(1));
    expect(await list.read({}, { last: 1 })).toEqual(["50000"]);
  }
});

test("refuses a write of more bytes than are kept, before anything is sent", async () => {
  const unreachable = newList({ maxBytes: 5 }, "s", viaIoredis(1));
  const error = new RangeError("a write must have at most maxBytes, 5 bytes, got 6");
  await expect(unreachable.append(["üü", "10"])).rejects.toThrow(error);
  await expect(unreachable.replace(["üü", "10"])).rejects.toThrow(error);
  await expect(unreachable.replaceEnd(["a"], ["üü", "10"])).rejects.toThrow(error);
});

test("its ttl counts from the last write of any kind", async () => {
  const list = newList({ ttl: 500_000 });
  for (const [name, write] of Object.entries(writes)) {
    await list.replace(["1", "2"]);
    await redis.pexpire(list.key, 1_000);
    await write(list);
    const left = await redis.pttl(list.key);
    if (name === "clear") expect(left).toBe(-2);
    else if (name.endsWith("another end")) expect(left).toBeLessThanOrEqual(1_000);
    else expect(left).toBeGreaterThan(400_000);
  }
});

test("a full server refuses a write before any part of it is done, and accepts writes that free memory", async () => {
  const list = newList();
  await list.append(["1", "3", "2"], { fence: 1 });
  const before = await stateOf(list);
  await fill(async () => {
    for (const fence of [1, 2]) {
      for (const name of ["append", "replace", "replaceEnd"]) {
        await expect(writes[name]!(list, { fence, idempotencyKey: name })).rejects.toThrow("OOM");
        await expect(writes[name]!(list, { fence })).rejects.toThrow("OOM");
      }
    }
    await expect(list.read({ fence: 2 })).rejects.toThrow("OOM");
    expect(await stateOf(list)).toEqual(before);
    expect(await list.pop({ fence: 2 })).toBe("2");
    await expect(list.pop({ fence: 1 })).rejects.toThrow(StaleTurnError);
    await list.clear({ fence: 3 });
    expect(await list.read()).toEqual([]);
  });
});

test.for([
  ["fences", 101, (i: number) => ({ fence: i + 1 })],
  ["names", 1_000, (i: number) => ({ idempotencyKey: `${i}`, fence: i + 1 })],
  ["writes without a fence", 1_000, () => ({})],
] as const)("a full server refuses a write even where so many %s are forgotten with it", async ([, count, options]) => {
  const list = newList();
  for (let i = 0; i < count; i++) await list.append([`${i}`], options(i));
  const before = await stateOf(list);
  await fill(async () => {
    await expect(list.append(['"more"'], options(count))).rejects.toThrow("OOM");
    expect(await stateOf(list)).toEqual(before);
  });
  const fields = await redis.hlen(`${list.key}:writes`);
  for (let i = count; i < 2 * count; i++) await list.append([`${i}`], options(i));
  expect(await redis.hlen(`${list.key}:writes`)).toBeGreaterThan(fields);
  await list.append(["0"], options(2 * count));
  expect(await redis.hlen(`${list.key}:writes`)).toBeLessThan(fields + count);
});

const stateOf = async ({ key }: FencedList) => [
  await redis.lrange(key, 0, -1),
  await redis.hgetall(`${key}:writes`),
  await redis.keys(`${key}*`).then((keys) => keys.length),
];

async function fill(meanwhile: () => Promise<void>): Promise<void> {
  await redis.config("SET", "maxmemory", "1");
  try {
    await meanwhile();
  } finally {
    await redis.config("SET", "maxmemory", "0");
  }
}
