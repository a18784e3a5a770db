import { createLocker } from "@distlock/core";
import { ioredisConnection, ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import {
  consumeStream,
  convertToModelMessages,
  createUIMessageStreamResponse,
  generateId,
  streamText,
  type UIMessage,
} from "ai-6";
import { convertArrayToReadableStream, MockLanguageModelV3 } from "ai-6/test";
import { afterAll, expect, test, vi } from "vitest";
import { chatStore } from "../../../src/frameworks/ai-sdk";
import { LockedMemory, RedisMemory, sessionKey } from "../../../src/index";
import { ioredis } from "../../support/clients";

const server = await startRedis();
afterAll(() => server.stop());
const redis = ioredis(server.port);
const locker = createLocker(ioredisDriver(redis));
const chats = chatStore<UIMessage>(
  new LockedMemory((session: string) => new RedisMemory(ioredisConnection(redis), { session }), locker),
);

/** The handler of the docs, on the version of `ai` that npm picks on Node 20. */
async function answer(id: string, text: string, errors: unknown[] = [], refused?: Error): Promise<Response> {
  const model = new MockLanguageModelV3({
    doStream: async () => ({
      stream: convertArrayToReadableStream([
        { type: "text-start", id: "1" },
        { type: "text-delta", id: "1", delta: `re: ${text}` },
        { type: "text-end", id: "1" },
      ]),
    }),
  });
  return chats.withTurn(id, async (turn) => {
    const message: UIMessage = { id: generateId(), role: "user", parts: [{ type: "text", text }] };
    const messages = [...(await turn.loadChat()), message];
    await turn.saveChat({ messages });
    const result = streamText({ model, messages: await convertToModelMessages(messages), abortSignal: turn.signal });
    const stream = result.toUIMessageStream({
      originalMessages: messages,
      generateMessageId: generateId,
      async onFinish({ messages }) {
        if (refused) throw refused;
        await turn.saveChat({ messages });
      },
    });
    return createUIMessageStreamResponse({
      stream: turn.hold(stream),
      consumeSseStream: ({ stream }) => consumeStream({ stream, onError: (error) => void errors.push(error) }),
    });
  });
}

const said = async (id: string) =>
  (await chats.loadChat(id)).map(({ role, parts }) => {
    const texts = parts.map((part) => (part.type === "text" ? part.text : ""));
    return `${role}: ${texts.join("")}`;
  });

test("with ai 6, answers of one chat are saved one after the other, and none is lost", async () => {
  await Promise.all(["A", "B"].map(async (text) => (await answer("c1", text)).text()));
  const both = await said("c1");
  expect(both).toEqual(both[0] === "user: A" ? alternating("A", "B") : alternating("B", "A"));
  expect((await locker.inspect(sessionKey("c1"))).held).toBe(false);
});

const alternating = (...texts: string[]) => texts.flatMap((text) => [`user: ${text}`, `assistant: re: ${text}`]);

test("with ai 6, the answer to a client that leaves is still saved, and a refused save is reported", async () => {
  await (await answer("c2", "A")).body!.cancel();
  await vi.waitFor(async () => expect(await said("c2")).toEqual(alternating("A")));
  const errors: unknown[] = [];
  const refused = new Error("refused");
  await expect((await answer("c2", "B", errors, refused)).text()).rejects.toThrow("refused");
  expect(errors).toEqual([refused]);
  expect(await said("c2")).toEqual([...alternating("A"), "user: B"]);
});
