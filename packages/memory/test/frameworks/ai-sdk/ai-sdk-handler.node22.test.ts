import { AsyncResource } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { ioredisConnection, ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import {
  AbstractChat,
  type ChatState,
  consumeStream,
  convertToModelMessages,
  createUIMessageStreamResponse,
  DefaultChatTransport,
  generateId,
  jsonSchema,
  streamText,
  tool,
  toUIMessageStream,
  type UIMessage,
} from "ai";
import { convertArrayToReadableStream, MockLanguageModelV4 } from "ai/test";
import { afterAll, expect, test, vi } from "vitest";
import { type ChatStore, chatStore } from "../../../src/frameworks/ai-sdk";
import { LockedMemory, RedisMemory, sessionKey } from "../../../src/index";
import { ioredis } from "../../support/clients";

const server = await startRedis();
afterAll(() => server.stop());

const redis = ioredis(server.port);
/** Two instances. */
const [chats, elsewhere] = [1, 2].map(() => {
  const locker = createLocker(ioredisDriver(redis));
  return chatStore<UIMessage>(
    new LockedMemory((session: string) => new RedisMemory(ioredisConnection(redis), { session }), locker),
  );
}) as [ChatStore<UIMessage>, ChatStore<UIMessage>];

type Chunks = Awaited<ReturnType<MockLanguageModelV4["doStream"]>>["stream"];
type Chunk = Chunks extends ReadableStream<infer C> ? C : never;

const finish = (unified: "stop" | "tool-calls"): Chunk => ({
  type: "finish",
  finishReason: { unified, raw: undefined },
  usage: {
    inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 1, text: 1, reasoning: undefined },
  },
});
const says = (text: string): Chunk[] => [
  { type: "text-start", id: "1" },
  { type: "text-delta", id: "1", delta: text },
  { type: "text-end", id: "1" },
  finish("stop"),
];
const calls = (toolName: string): Chunk[] => [
  { type: "tool-call", toolCallId: "c1", toolName, input: "{}" },
  finish("tool-calls"),
];

type Answer = Chunk[] | Error | (() => Promise<Chunk[]>);

/** A service with the handler of the guide, whose model returns these answers, one for each call. */
function service(...answers: Answer[]) {
  const model = new MockLanguageModelV4({
    async doStream() {
      const next = answers.shift()!;
      if (next instanceof Error) throw next;
      return { stream: convertArrayToReadableStream(Array.isArray(next) ? next : await next()) };
    },
  });
  const errors: unknown[] = [];
  async function POST(req: Request): Promise<Response> {
    const { id, message } = (await req.json()) as { id: string; message: UIMessage };
    return chats.withTurn(id, async (turn) => {
      const before = await turn.loadChat();
      const at = before.findIndex((each) => each.id === message.id);
      const messages = [...(at < 0 ? before : before.slice(0, at)), message];
      await turn.saveChat({ messages });
      const result = streamText({
        model,
        messages: await convertToModelMessages(messages),
        abortSignal: turn.signal,
        maxRetries: 0,
        onError: () => {},
        tools: { where: tool({ inputSchema: jsonSchema({ type: "object" }) }) },
      });
      const stream = toUIMessageStream({
        stream: result.stream,
        originalMessages: messages,
        generateMessageId: generateId,
        onEnd: ({ messages }) => turn.saveChat({ messages }),
      });
      return createUIMessageStreamResponse({
        stream: turn.hold(stream),
        consumeSseStream: ({ stream }) => consumeStream({ stream, onError: (error) => errors.push(error) }),
      });
    });
  }
  return { POST, errors, model };
}

class TestChat extends AbstractChat<UIMessage> {}

/** The client of the SDK, as a page has it. It sends its last message. */
function chatOf(POST: (req: Request) => Promise<Response>, id = randomUUID()) {
  const state: ChatState<UIMessage> = {
    status: "ready",
    error: undefined,
    messages: [],
    pushMessage(message) {
      state.messages = [...state.messages, message];
    },
    popMessage() {
      state.messages = state.messages.slice(0, -1);
    },
    replaceMessage(index, message) {
      state.messages = state.messages.with(index, message);
    },
    snapshot: structuredClone,
  };
  const transport = new DefaultChatTransport<UIMessage>({
    api: "http://localhost/api/chat",
    fetch: async (url, init) => POST(new Request(url as string, init)),
    prepareSendMessagesRequest: ({ id, messages }) => ({ body: { id, message: messages.at(-1) } }),
  });
  return new TestChat({ id, state, transport });
}

const told = (messages: UIMessage[]) =>
  messages.map(({ role, parts }) => {
    const texts = parts.map((part) => (part.type === "text" ? part.text : part.type === "step-start" ? "" : part.type));
    return `${role}: ${texts.filter(Boolean).join(" ")}`;
  });
const stored = async (id: string) => told(await chats.loadChat(id));

test("the answer takes the place of the one that is regenerated", async () => {
  const chat = chatOf(service(says("one"), says("two"), says("three")).POST);
  await chat.sendMessage({ text: "q" });
  await chat.regenerate();
  expect(await stored(chat.id)).toEqual(["user: q", "assistant: two"]);
  await chat.sendMessage({ text: "changed", messageId: chat.messages[0]!.id });
  expect(await stored(chat.id)).toEqual(["user: changed", "assistant: three"]);
  expect((await chats.loadChat(chat.id)).map(({ id }) => id)).toEqual(chat.messages.map(({ id }) => id));
});

test("a question is kept before the model is asked, and once when it is sent again after an error", async () => {
  const chat = chatOf(service(says("zero"), new Error("overloaded"), says("one")).POST);
  await chat.sendMessage({ text: "p" });
  await chat.sendMessage({ text: "q" });
  expect(chat.status).toBe("error");
  expect((await stored(chat.id)).slice(0, 3)).toEqual(["user: p", "assistant: zero", "user: q"]);
  await chat.regenerate();
  expect(await stored(chat.id)).toEqual(["user: p", "assistant: zero", "user: q", "assistant: one"]);
});

test("the result of a tool of the client goes on with the message that called it", async () => {
  const chat = chatOf(service(calls("where"), says("It is sunny in Ulm.")).POST);
  await chat.sendMessage({ text: "How is the weather?" });
  await chat.addToolOutput({ tool: "where", toolCallId: "c1", output: "Ulm" });
  await chat.sendMessage();
  const saved = await chats.loadChat(chat.id);
  expect(told(saved)).toEqual(["user: How is the weather?", "assistant: tool-where It is sunny in Ulm."]);
  expect(new Set(saved.map(({ id }) => id)).size).toBe(2);
});

test("a message that can't be saved is refused before the model is asked", async () => {
  const { POST, model } = service(says("one"));
  for (const message of [
    { role: "user", parts: [] },
    { id: "1", role: "robot", parts: [] },
    { id: "1", role: "user" },
  ]) {
    const body = JSON.stringify({ id: "refused", message });
    await expect(POST(new Request("http://localhost/", { method: "POST", body }))).rejects.toThrow(TypeError);
  }
  expect(model.doStreamCalls).toEqual([]);
  expect(await stored("refused")).toEqual([]);
});

test("a lock that is lost leaves the question, and the refused save is reported though the client has gone", async () => {
  const id = randomUUID();
  // As in another process: not within the turn.
  const next = AsyncResource.bind(() => elsewhere.withTurn(id, (turn) => turn.loadChat()));
  const { POST, errors } = service(async () => {
    await redis.del(sessionKey(id)); // as in a failover: its holder does not know
    await next();
    return says("late");
  });
  const message: UIMessage = { id: "1", role: "user", parts: [{ type: "text", text: "q" }] };
  const response = await POST(
    new Request("http://localhost/", { method: "POST", body: JSON.stringify({ id, message }) }),
  );
  await response.body!.cancel();
  await vi.waitFor(() => expect(errors).toMatchObject([{ code: "STALE_TURN", applied: false }]));
  expect(await stored(id)).toEqual(["user: q"]);
});
