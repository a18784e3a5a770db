import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { type RedisConnection, redisDriver } from "@distlock/core/driver";
import { startRedis } from "@distlock/testing";
import { afterAll, describe, expect, test } from "vitest";
import { type ChatMessage, chatStore } from "../../../src/frameworks/ai-sdk";
import { InProcessMemory, LockedMemory, RedisMemory } from "../../../src/index";
import { ioredis, viaIoredis, viaNodeRedis } from "../../support/clients";

const server = await startRedis();
afterAll(() => server.stop());
const redis = ioredis(server.port);

/** How much the server was sent until now. */
async function received(): Promise<number> {
  return Number(/total_net_input_bytes:(\d+)/.exec(await redis.info("stats"))![1]);
}

interface Text extends ChatMessage {
  parts: { type: "text"; text: string }[];
}

let ids = 0;
const say = (role: ChatMessage["role"], text: string): Text => {
  return { id: `m${ids++}`, role, parts: [{ type: "text", text }] };
};
const question = (size = 10) => say("user", "q".repeat(size));
const answer = (size = 10) => say("assistant", "a".repeat(size));

const storesOf = (connection: RedisConnection) => {
  const locker = createLocker(redisDriver(connection));
  const sessions = new LockedMemory((session: string) => new RedisMemory(connection, { session }), locker);
  return { sessions, chats: chatStore<Text>(sessions) };
};
const clients = [
  ["ioredis", storesOf(viaIoredis(server.port))],
  ["node-redis", storesOf(await viaNodeRedis(server.port))],
] as const;

describe.each(clients)("a turn of a chat, by %s", (_, { chats, sessions }) => {
  test("sends what has changed, and not the chat three times", async () => {
    const id = randomUUID();
    const before = Array.from({ length: 1_000 }, (_, i) => (i % 2 ? answer(1_000) : question(1_000)));
    await chats.saveChat({ chatId: id, messages: before });
    const started = await received();
    const asked = [...before, question(), answer()];
    await chats.withTurn(id, async (turn) => {
      expect(await turn.loadChat()).toEqual(before);
      await turn.saveChat({ messages: asked.slice(0, -1) });
      await turn.saveChat({ messages: asked });
    });
    const regenerated = [...asked.slice(0, -1), answer()];
    await chats.withTurn(id, async (turn) => {
      await turn.loadChat();
      await turn.saveChat({ messages: asked.slice(0, -1) });
      await turn.saveChat({ messages: regenerated });
    });
    // A script that the server does not know yet is sent whole.
    expect((await received()) - started).toBeLessThan(50_000);
    expect(await chats.loadChat(id)).toEqual(regenerated);
  });

  test("leaves what all of it would have left, whatever was changed", async () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const edits: ((chat: Text[]) => Text[])[] = [
      (chat) => [...chat, question()],
      (chat) => [...chat, question(), answer()],
      (chat) => [...chat.slice(0, random(chat.length + 1)), question()],
      (chat) => chat.slice(0, random(chat.length + 1)),
      (chat) => chat.filter((_, i) => i !== 1),
      (chat) => chat.toReversed(),
      (chat) => chat,
      (chat) => {
        chat[random(chat.length || 1)]?.parts.push({ type: "text", text: "more" });
        return chat;
      },
      (chat) => [...chat, ...chat.slice(-1)],
    ];
    const id = randomUUID();
    let expected: Text[] = [];
    for (let round = 0; round < 30; round++) {
      await chats.withTurn(id, async (turn) => {
        let chat = await turn.loadChat();
        expect(chat).toEqual(expected);
        for (let save = 0; save <= random(3); save++) {
          chat = edits[random(edits.length)]!(chat);
          await turn.saveChat({ messages: chat });
        }
        expected = structuredClone(chat);
      });
    }
    expect(await chats.loadChat(id)).toEqual(expected);
  });

  test("overwrites what others have added within it, as ever", async () => {
    const id = randomUUID();
    const [first, second] = [question(), answer()];
    await chats.withTurn(id, async (turn) => {
      await turn.saveChat({ messages: [first] });
      await sessions.for(id).append([{ role: "assistant", content: "by a tool" }]);
      await turn.saveChat({ messages: [first, second] });
      await sessions.for(id).clear();
      await turn.saveChat({ messages: [first, second, first] });
    });
    expect(await chats.loadChat(id)).toEqual([first, second, first]);
  });

  test("keeps what it was not asked to change, as others have kept it", async () => {
    const id = randomUUID();
    const others = { role: "user", content: "Hello", id: "1", metadata: { of: "another" } } as const;
    await sessions.for(id).append([others]);
    const added = answer();
    await chats.withTurn(id, async (turn) => {
      await turn.saveChat({ messages: [...(await turn.loadChat()), added] });
    });
    expect((await sessions.for(id).load())[0]).toEqual(others);
    expect((await chats.loadChat(id)).at(-1)).toEqual(added);
  });

  test("that saves several times at once keeps the last", async () => {
    const id = randomUUID();
    const chat = [question(), answer(), question(), answer()];
    await chats.withTurn(id, async (turn) => {
      await turn.loadChat();
      await Promise.all([1, 3, 2, 4].map((end) => turn.saveChat({ messages: chat.slice(0, end) })));
      await turn.saveChat({ messages: [...chat, chat[0]!] });
    });
    expect(await chats.loadChat(id)).toEqual([...chat, chat[0]]);
  });

  test("names a message that can't be kept by its place in the whole, and changes nothing", async () => {
    const id = randomUUID();
    const before = [question(), answer()];
    await chats.saveChat({ chatId: id, messages: before });
    await chats.withTurn(id, async (turn) => {
      const bad = { ...question(), metadata: { big: 1n } };
      await expect(turn.saveChat({ messages: [...(await turn.loadChat()), bad] })).rejects.toThrow(/^messages\[2\]/);
      await expect(turn.saveChat({ messages: before }, { signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
      await turn.saveChat({ messages: [...before, before[0]!] });
    });
    expect(await chats.loadChat(id)).toEqual([...before, before[0]]);
  });
});

test("a memory that keeps a number of messages keeps the last of them", async () => {
  const connection = viaIoredis(server.port);
  const sessions = new LockedMemory(
    (session: string) => new RedisMemory(connection, { session, maxMessages: 4 }),
    createLocker(redisDriver(connection)),
  );
  const chats = chatStore<Text>(sessions);
  const chat = Array.from({ length: 6 }, (_, i) => (i % 2 ? answer() : question()));
  await chats.withTurn("short", async (turn) => {
    for (let end = 1; end <= 6; end++) await turn.saveChat({ messages: chat.slice(0, end) });
  });
  expect(await chats.loadChat("short")).toEqual(chat.slice(2));
});

test("a memory that can't replace the end is sent all of it", async () => {
  const memory = new InProcessMemory();
  const connection = viaIoredis(server.port);
  const chats = chatStore<Text>(new LockedMemory((_: string) => memory, createLocker(redisDriver(connection))));
  const chat = [question(), answer()];
  await chats.withTurn("all", async (turn) => {
    await turn.loadChat();
    await turn.saveChat({ messages: chat.slice(0, 1) });
    await turn.saveChat({ messages: chat });
  });
  expect(await chats.loadChat("all")).toEqual(chat);
});
