import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { type RedisConnection, redisDriver } from "@distlock/core/driver";
import { startRedis } from "@distlock/testing";
import { afterAll, expect, test } from "vitest";
import { LockedMemory, type Message, RedisMemory, StaleTurnError, sessionKey } from "../../src/index";
import { ioredis, viaIoredis, viaNodeRedis } from "../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

const user = (content: string): Message => ({ role: "user", content });
const assistant = (content: string): Message => ({ role: "assistant", content });

const sessionsOn = (connection: RedisConnection) =>
  new LockedMemory(
    (session: string) => new RedisMemory(connection, { session }),
    createLocker(redisDriver(connection), { timeout: 20_000 }),
  );

const instances = [sessionsOn(viaIoredis(server.port)), sessionsOn(await viaNodeRedis(server.port))] as const;
const redis = ioredis(server.port);

/** A turn whose lock Redis forgets, as in a failover: its holder does not know. */
async function forgottenTurn(session: string) {
  const turn = await instances[0].for(session).beginTurn();
  await turn.load();
  await redis.del(sessionKey(session));
  return turn;
}

test.each(["save", "append", "replace", "load", "clear"] as const)(
  "a turn that lost its lock without knowing can't %s once a newer one has read",
  async (what) => {
    const session = randomUUID();
    const late = await forgottenTurn(session);
    const next = await instances[1].for(session).beginTurn();
    expect(await next.load()).toEqual([]);
    const calls = {
      save: () => late.save(user("late"), assistant("late")),
      append: () => late.append([user("late")]),
      replace: () => late.replace([user("late")]),
      load: () => late.load(),
      clear: () => late.clear(),
    };
    expect(late.signal.aborted).toBe(false);
    const error = await calls[what]().catch((reason: unknown) => reason);
    expect(StaleTurnError.is(error)).toBe(true);
    expect(error).toMatchObject({ applied: false, key: sessionKey(session) });
    await next.save(user("1"), assistant("2"));
    await next.end();
    await late.end();
    expect(await instances[0].for(session).load()).toEqual([user("1"), assistant("2")]);
  },
);

test("a late save does not bring back a conversation that a newer turn has cleared", async () => {
  const session = randomUUID();
  await instances[1].for(session).save(user("old"), assistant("old"));
  const late = await forgottenTurn(session);
  await instances[1].for(session).clear();
  await expect(late.save(user("late"), assistant("late"))).rejects.toThrow(StaleTurnError);
  expect(await instances[1].for(session).load()).toEqual([]);
  await late.end();
});

test.each([0, 1] as const)(
  "writes of a turn, and of a memory, say whether they were done now, instance %i",
  async (i) => {
    const sessions = instances[i];
    const memory = sessions.for(randomUUID());
    const [now, before] = [{ done: "now" }, { done: "before" }];
    const named = (idempotencyKey: string) => ({ idempotencyKey });
    await memory.withTurn(async (turn) => {
      for (const done of [now, before]) {
        expect(await turn.save(user("1"), assistant("2"), named("save"))).toEqual(done);
        expect(await turn.append([user("3")], named("append"))).toEqual(done);
        expect(await turn.replace([user("4")], named("replace"))).toEqual(done);
        expect(await memory.append([user("5")], named("within"))).toEqual(done);
      }
      expect(await turn.replaceEnd([user("5")], [user("6")])).toBe(true);
      expect(await turn.replaceEnd([user("5")], [user("7")])).toBe(false);
    });
    for (const done of [now, before]) expect(await memory.append([user("7")], named("alone"))).toEqual(done);
    expect(await memory.replaceEnd([user("7")], [])).toBe(true);
    expect((await memory.load()).map(({ content }) => content)).toEqual(["4", "6"]);
  },
);
