import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { slotOf } from "@distlock/core/driver";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test, vi } from "vitest";
import { LockedMemory, RedisMemory, type Session, sessionKey } from "../../src/index";
import { ioredis, viaIoredis } from "../support/clients";
import { FencedMemory } from "../support/fenced-memory";
import { createGate } from "../support/gate";

const server = await startRedis();
afterAll(() => server.stop());

const client = ioredis(server.port);
const locker = createLocker(ioredisDriver(client));
const connection = viaIoredis(server.port);
const odd = [
  "s1",
  "a:b",
  "a%3Ab",
  "%",
  "%:",
  "{",
  "}",
  "{}",
  "{a}b",
  "a b",
  "a\nb",
  "\0",
  "ü",
  "💬",
  "%:%:s1",
  "a%:u%:s1",
];

describe("sessionKey", () => {
  test.for<[Session, string]>([
    ["session-123", "memory:{session-123}"],
    [{ session: "session-123" }, "memory:{session-123}"],
    [{ tenant: "acme", user: "bob", session: "s1" }, "memory:{acme%:bob%:s1}"],
    [{ tenant: "acme", session: "s1" }, "memory:{acme%:%:s1}"],
    [{ user: "bob", session: "s1" }, "memory:{%:bob%:s1}"],
    ["a{b}%:c d", "memory:{a%7Bb%7D%25:c%20d}"],
  ])("of %o is %s", ([session, key]) => {
    expect(sessionKey(session)).toBe(key);
  });

  test("differs for all sessions that differ", () => {
    const parts = ["a", "a:b", "b", "%:", "%", ":", "{", "}", "a%:b"];
    const sessions: Session[] = [...parts, ...odd.filter((id) => !parts.includes(id))];
    for (const tenant of [undefined, ...parts]) {
      for (const user of [undefined, ...parts]) {
        if (tenant !== undefined || user !== undefined) {
          for (const session of parts) sessions.push({ tenant, user, session });
        }
      }
    }
    expect(new Set(sessions.map(sessionKey)).size).toBe(sessions.length);
  });

  test.for<[unknown, string, RegExp]>([
    [undefined, "TypeError", /^session must be a string, got undefined/],
    [null, "TypeError", /^session must be a string, got object/],
    ["", "RangeError", /^session must not be empty/],
    ["\ud800", "TypeError", /^session must be well-formed Unicode/],
    [{ tenant: "acme" }, "TypeError", /^session must be a string, got undefined/],
    [{ tenant: "", session: "s1" }, "RangeError", /^tenant must not be empty/],
    [{ user: 7, session: "s1" }, "TypeError", /^user must be a string, got number/],
    [{ session: { session: "s1" } }, "TypeError", /^session must be a string, got object/],
    [{ org: "acme", session: "s1" }, "TypeError", /^unknown part "org" of a session/],
  ])("refuses %o", ([session, name, message]) => {
    const error = expect.objectContaining({ name, message: expect.stringMatching(message) });
    expect(() => sessionKey(session as Session)).toThrow(error);
  });
});

describe("a LockedMemory of many sessions", () => {
  test.for<Session>([...odd, { tenant: "acme", user: "{bob}", session: "s 1" }])(
    "locks %o at a key of its own, in the slot of its messages",
    async (session) => {
      const memory = new LockedMemory((session) => new RedisMemory(connection, { session }), locker).for(session);
      await client.flushall();
      await memory.withTurn(async (turn) => {
        await turn.save({ role: "user", content: "Hello" }, { role: "assistant", content: "Hi there!" });
        const messages = (await client.keys("*")).find((key) => key.endsWith(":messages"))!;
        expect(messages).toBe(`${sessionKey(session)}:messages`);
        expect(await client.get(sessionKey(session))).not.toBeNull();
        expect(slotOf(messages)).toBe(slotOf(sessionKey(session)));
      });
      expect(await memory.load()).toHaveLength(2);
    },
  );

  test("runs turns of different sessions at the same time, and turns of one session in order", async () => {
    const stores = new Map<string, FencedMemory>();
    const create = vi.fn((session: string) => {
      const store = stores.get(session) ?? new FencedMemory();
      stores.set(session, store);
      return store;
    });
    const run = randomUUID();
    const sessions = new LockedMemory(create, locker, { key: (session) => `memory:{${run}:${session}}` });
    const all = createGate();
    let started = 0;
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        sessions.for(`s${i}`).withTurn(async (turn) => {
          if (++started === 20) all.open();
          await all.opened;
          await sessions.for(`s${i}`).append([`nested ${i}`]);
          await turn.append([`turn ${i}`]);
        }),
      ),
    );
    for (let i = 0; i < 20; i++) expect(stores.get(`s${i}`)!.texts).toEqual([`nested ${i}`, `turn ${i}`]);
    await sessions.for("s1").withTurn(async () => {
      await using busy = await locker.acquire(`memory:{${run}:s2}`);
      await expect(sessions.for("s2").beginTurn({ whenBusy: "reject" })).rejects.toMatchObject({ key: busy.key });
    });
  });

  test("reads and checks its options once, and not for each session", () => {
    let reads = 0;
    const options = {
      get ttl() {
        reads++;
        return 1_000;
      },
    };
    const sessions = new LockedMemory((session: string) => new RedisMemory(connection, { session }), locker, options);
    expect(reads).toBe(1);
    for (let i = 0; i < 100; i++) sessions.for(`s${i}`);
    expect(reads).toBe(1);
  });

  test("takes the options of one, and checks them when it is made", () => {
    const create = (session: string) => new RedisMemory(connection, { session });
    const wrong = (options: unknown) => () => new LockedMemory(create, locker, options as object);
    expect(wrong({ ttl: 0 })).toThrow(/^ttl must be an integer/);
    expect(wrong({ key: "memory:s1" })).toThrow(/^key must be a function of the session, got string/);
    expect(wrong(null)).toThrow(/^options must be an object/);
    expect(() => new LockedMemory(create, {} as never)).toThrow(/^LockedMemory needs a locker/);
    const sessions = new LockedMemory(create, locker, { ttl: 1_000 });
    expect(sessions).toBeInstanceOf(LockedMemory);
    expect(sessions.for("s1")).toBeInstanceOf(LockedMemory);
    expect(() => sessions.for("")).toThrow(/^session must not be empty/);
    const none = new LockedMemory(() => ({}) as RedisMemory, locker);
    expect(() => none.for("s1")).toThrow(/^LockedMemory needs a memory/);
  });
});
