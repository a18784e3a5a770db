import { randomUUID } from "node:crypto";
import { createLocker, inProcessDriver, LockNotAcquiredError } from "@distlock/core";
import { ioredisConnection, ioredisDriver } from "@distlock/ioredis";
import { nodeRedisConnection, nodeRedisDriver } from "@distlock/node-redis";
import { startRedis } from "@distlock/testing";
import {
  consumeStream,
  convertToModelMessages,
  createUIMessageStream,
  createUIMessageStreamResponse,
  streamText,
  toUIMessageStream,
  type UIMessage,
} from "ai";
import { convertArrayToReadableStream, MockLanguageModelV4 } from "ai/test";
import { afterAll, expect, expectTypeOf, test, vi } from "vitest";
import { type ChatMessage, type ChatStore, type ChatTurn, chatStore } from "../../../src/frameworks/ai-sdk";
import { LockedMemory, RedisMemory, StaleTurnError, sessionKey } from "../../../src/index";
import { ioredis, nodeRedis } from "../../support/clients";
import { createGate } from "../../support/gate";
import { stall } from "../../support/stall";

const server = await startRedis();
afterAll(() => server.stop());

const redis = ioredis(server.port);
const other = await nodeRedis(server.port);
/** Two instances, of which each has a client of its own. */
const stores = [
  [ioredisConnection(redis), createLocker(ioredisDriver(redis))] as const,
  [nodeRedisConnection(other), createLocker(nodeRedisDriver(other))] as const,
].map(([connection, locker]) =>
  chatStore<UIMessage>(new LockedMemory((session: string) => new RedisMemory(connection, { session }), locker)),
) as [ChatStore<UIMessage>, ChatStore<UIMessage>];

const inspector = createLocker(ioredisDriver(redis));
const isHeld = async (id: string) => (await inspector.inspect(sessionKey(id))).held;

type Chunks = Awaited<ReturnType<MockLanguageModelV4["doStream"]>>["stream"];
type Chunk = Chunks extends ReadableStream<infer C> ? C : never;

const textChunks = (...words: string[]): Chunk[] => [
  { type: "stream-start", warnings: [] },
  { type: "text-start", id: "1" },
  ...words.map((delta) => ({ type: "text-delta" as const, id: "1", delta })),
  { type: "text-end", id: "1" },
  {
    type: "finish",
    finishReason: { unified: "stop", raw: undefined },
    usage: {
      inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: 1, text: 1, reasoning: undefined },
    },
  },
];

/** A model whose answer says how many messages it was given. */
const counter = (thinks: () => Promise<unknown>) =>
  new MockLanguageModelV4({
    async doStream({ prompt }) {
      await thinks();
      return { stream: convertArrayToReadableStream(textChunks("knows ", String(prompt.length))) };
    },
  });

/** A model that says one word, and the rest when the test lets it. */
function pausingModel() {
  const [started, told] = [createGate(), createGate()];
  const model = new MockLanguageModelV4({
    doStream: async ({ abortSignal }) => ({
      stream: new ReadableStream<Chunk>({
        async start(controller) {
          abortSignal?.addEventListener("abort", () => controller.error(abortSignal.reason));
          const [first, second, word, ...rest] = textChunks("Hi ", "there!");
          for (const chunk of [first!, second!, word!]) controller.enqueue(chunk);
          started.open();
          await told.opened;
          if (abortSignal?.aborted) return;
          for (const chunk of rest) controller.enqueue(chunk);
          controller.close();
        },
      }),
    }),
  });
  return { model, started: started.opened, goOn: told.open };
}

const user = (text: string): UIMessage => ({ id: randomUUID(), role: "user", parts: [{ type: "text", text }] });

const said = ({ role, parts }: UIMessage): string =>
  `${role}: ${parts.map((part) => (part.type === "text" ? part.text : "")).join("")}`;

interface Chat {
  loadChat(): Promise<UIMessage[]>;
  saveChat(chat: { messages: UIMessage[] }): Promise<void>;
}

/** The guide's way from a message to the stream of an answer that is saved. */
async function answer(chat: Chat, message: UIMessage, model: MockLanguageModelV4, abortSignal?: AbortSignal) {
  const messages = [...(await chat.loadChat()), message];
  const result = streamText({
    model,
    messages: await convertToModelMessages(messages),
    onError: () => {},
    ...(abortSignal && { abortSignal }),
  });
  return toUIMessageStream({
    stream: result.stream,
    originalMessages: messages,
    generateMessageId: randomUUID,
    onEnd: ({ messages }) => chat.saveChat({ messages }),
  });
}

const respond = async (turn: ChatTurn<UIMessage>, message: UIMessage, model: MockLanguageModelV4) =>
  createUIMessageStreamResponse({ stream: turn.hold(await answer(turn, message, model, turn.signal)) });

/** The guide's chat store, on Redis: each save overwrites the whole chat. */
function plainChat(id: string): Chat {
  return {
    loadChat: async () => JSON.parse((await redis.get(`plain:${id}`)) ?? "[]"),
    saveChat: async ({ messages }) => void (await redis.set(`plain:${id}`, JSON.stringify(messages))),
  };
}

test("of two requests to a chat at once, the last save loses what the other saved, without a turn", async () => {
  const id = randomUUID();
  const asked = [createGate(), createGate()] as const;
  const request = async (i: 0 | 1) => {
    const model = counter(async () => {
      asked[i].open();
      await asked[1 - i]!.opened;
    });
    const stream = await answer(plainChat(id), user(`question ${i}`), model);
    await createUIMessageStreamResponse({ stream }).text();
  };
  await Promise.all([request(0), request(1)]);
  const left = await plainChat(id).loadChat();
  expect(left.map(said)).toEqual([expect.stringMatching(/^user: question/), "assistant: knows 1"]);
});

test.for(["beginTurn", "withTurn"] as const)(
  "with %s each knows all that was saved before, and none is lost",
  async (how) => {
    const id = randomUUID();
    const request = async (_: unknown, n: number) => {
      const store = stores[n % 2]!;
      const work = (turn: ChatTurn<UIMessage>) =>
        respond(
          turn,
          user(`question ${n}`),
          counter(() => redis.ping()),
        );
      const response = how === "withTurn" ? store.withTurn(id, work) : store.beginTurn(id).then(work);
      expect(await (await response).text()).toContain("knows ");
    };
    await Promise.all(Array.from({ length: 10 }, request));
    const left = (await stores[0].loadChat(id)).map(said);
    expect(left).toHaveLength(20);
    expect(left.filter((_, i) => i % 2)).toEqual(Array.from({ length: 10 }, (_, n) => `assistant: knows ${2 * n + 1}`));
    expect(new Set(left).size).toBe(20);
    expect(await isHeld(id)).toBe(false);
  },
);

test("a request while a turn goes on is answered by 409 at once", async () => {
  const id = randomUUID();
  async function POST(store: ChatStore<UIMessage>, message: UIMessage, model: MockLanguageModelV4): Promise<Response> {
    try {
      return await store.withTurn(id, { whenBusy: "reject" }, (turn) => respond(turn, message, model));
    } catch (error) {
      if (!LockNotAcquiredError.is(error)) throw error;
      return new Response("the chat is busy", { status: 409 });
    }
  }
  const { model, goOn } = pausingModel();
  const first = await POST(stores[0], user("first"), model);
  expect(
    (
      await POST(
        stores[1],
        user("second"),
        counter(async () => {}),
      )
    ).status,
  ).toBe(409);
  goOn();
  await first.text();
  const third = await POST(
    stores[1],
    user("third"),
    counter(async () => {}),
  );
  expect(third.status).toBe(200);
  await third.text();
  expect((await stores[0].loadChat(id)).map(said)).toEqual([
    "user: first",
    "assistant: Hi there!",
    "user: third",
    "assistant: knows 3",
  ]);
});

test("the answer is saved before the turn ends, even by a save that nobody awaits", async () => {
  const id = randomUUID();
  const turn = await stores[0].beginTurn(id);
  const stream = createUIMessageStream<UIMessage>({
    execute: ({ writer }) => {
      writer.write({ type: "text-start", id: "1" });
      writer.write({ type: "text-delta", id: "1", delta: "Hi" });
      writer.write({ type: "text-end", id: "1" });
    },
    onEnd({ messages }) {
      void turn.saveChat({ messages }); // as the guide does
    },
  });
  const next = (async () => {
    await using later = await stores[1].beginTurn(id);
    return later.loadChat();
  })();
  await createUIMessageStreamResponse({ stream: turn.hold(stream) }).text();
  expect((await next).map(said)).toEqual(["assistant: Hi"]);
});

test("a client that goes away ends the turn, with what there was of the answer", async () => {
  const id = randomUUID();
  const { model, started } = pausingModel();
  const response = await stores[0].withTurn(id, (turn) => respond(turn, user("Hello"), model));
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  await started;
  for (let text = ""; !text.includes("Hi "); text += (await reader.read()).value);
  await reader.cancel();
  await vi.waitFor(async () => expect(await isHeld(id)).toBe(false));
  expect((await stores[1].loadChat(id)).map(said)).toEqual(["user: Hello", "assistant: Hi "]);
});

test("a stream that the server consumes goes on after the client went away, and is saved whole", async () => {
  const id = randomUUID();
  const { model, goOn } = pausingModel();
  const turn = await stores[0].beginTurn(id);
  const response = createUIMessageStreamResponse({
    stream: turn.hold(await answer(turn, user("Hello"), model, turn.signal)),
    consumeSseStream: consumeStream,
  });
  await response.body!.cancel();
  expect(await isHeld(id)).toBe(true);
  goOn();
  await vi.waitFor(async () => expect(await isHeld(id)).toBe(false));
  expect((await stores[1].loadChat(id)).map(said)).toEqual(["user: Hello", "assistant: Hi there!"]);
});

test("a client that stops the answer ends the turn, with what there was of it", async () => {
  const id = randomUUID();
  const { model, started } = pausingModel();
  const stop = new AbortController();
  const turn = await stores[0].beginTurn(id);
  const signal = AbortSignal.any([turn.signal, stop.signal]);
  const reader = turn.hold(await answer(turn, user("Hello"), model, signal)).getReader();
  await started;
  const types: string[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    types.push(next.value.type);
    if (next.value.type === "text-delta") stop.abort();
  }
  expect(types.at(-1)).toBe("abort");
  expect(await isHeld(id)).toBe(false);
  expect((await stores[1].loadChat(id)).map(said)).toEqual(["user: Hello", "assistant: Hi "]);
});

test("a model that fails ends the turn, and the question is saved", async () => {
  const id = randomUUID();
  const model = new MockLanguageModelV4({ doStream: () => Promise.reject(new Error("the model failed")) });
  const response = await stores[0].withTurn(id, (turn) => respond(turn, user("Hello"), model));
  expect(await response.text()).toContain('"type":"error"');
  expect(await isHeld(id)).toBe(false);
  expect((await stores[1].loadChat(id)).map(said)[0]).toBe("user: Hello");
});

test("the signal of a chat's turn looks at the clock, like the signal of every turn", async () => {
  const turn = await stores[0].beginTurn(randomUUID(), { maxTurn: 100 });
  expect(turn.signal.aborted).toBe(false);
  stall(150);
  expect(turn.signal.aborted).toBe(true);
});

test("a handler that fails before it has a stream ends the turn of withTurn", async () => {
  const id = randomUUID();
  const own = new Error("the handler failed");
  await expect(stores[0].withTurn(id, () => Promise.reject(own))).rejects.toBe(own);
  expect(await isHeld(id)).toBe(false);
});

test("a turn that loses its lock aborts the model, and its late save is refused", async () => {
  const id = randomUUID();
  await stores[0].saveChat({ chatId: id, messages: [user("before")] });
  const { model } = pausingModel();
  const turn = await stores[0].beginTurn(id, { maxTurn: 300 });
  const response = await respond(turn, user("late"), model);
  await expect(response.text()).rejects.toThrow(StaleTurnError);
  expect((await stores[1].loadChat(id)).map(said)).toEqual(["user: before"]);
});

test("a turn whose lock Redis forgot can't overwrite what a newer one saved", async () => {
  const id = randomUUID();
  const { model, started, goOn } = pausingModel();
  const turn = await stores[0].beginTurn(id);
  const late = (await respond(turn, user("late"), model)).text();
  late.catch(() => {});
  await started;
  await redis.del(sessionKey(id)); // as in a failover: its holder does not know
  await (
    await stores[1].withTurn(id, (next) =>
      respond(
        next,
        user("Hello"),
        counter(async () => {}),
      ),
    )
  ).text();
  goOn();
  await expect(late).rejects.toMatchObject({ code: "STALE_TURN", applied: false });
  expect((await stores[1].loadChat(id)).map(said)).toEqual(["user: Hello", "assistant: knows 1"]);
});

test("a regenerated answer takes the place of the last one", async () => {
  const id = randomUUID();
  await (
    await stores[0].withTurn(id, (turn) =>
      respond(
        turn,
        user("Hello"),
        counter(async () => {}),
      ),
    )
  ).text();
  const response = await stores[1].withTurn(id, async (turn) => {
    const chat = { ...turn, loadChat: async () => (await turn.loadChat()).slice(0, -2) };
    return respond(chat, (await turn.loadChat()).at(-2)!, pausingModelThatGoesOn());
  });
  await response.text();
  expect((await stores[0].loadChat(id)).map(said)).toEqual(["user: Hello", "assistant: Hi there!"]);
});

function pausingModelThatGoesOn(): MockLanguageModelV4 {
  const { model, goOn } = pausingModel();
  goOn();
  return model;
}

const everything: UIMessage[] = [
  { id: "1", role: "system", parts: [] },
  {
    id: "2",
    role: "user",
    metadata: { createdAt: 1, nested: { tags: ["ü 🙂", null] } },
    parts: [
      { type: "text", text: "Hello", state: "done", providerMetadata: { p: { a: 1 } } },
      { type: "file", mediaType: "image/png", url: "data:image/png;base64,AA==", filename: "a.png" },
    ],
  },
  {
    id: "3",
    role: "assistant",
    parts: [
      { type: "step-start" },
      { type: "reasoning", text: "Hm", state: "done" },
      {
        type: "tool-weather",
        toolCallId: "c1",
        state: "output-available",
        input: { city: "Ulm" },
        output: { sun: true },
      },
      { type: "data-chart", id: "d", data: { text: 1, content: [] } },
      { type: "source-url", sourceId: "s", url: "https://example.com" },
      { type: "text", text: "It is sunny." },
    ],
  },
];

test("messages are loaded as they were saved, in and out of a turn, and by other instances", async () => {
  const id = randomUUID();
  expect(await stores[0].loadChat(id)).toEqual([]);
  await stores[0].saveChat({ chatId: id, messages: everything });
  expect(await stores[1].loadChat(id)).toEqual(everything);
  await stores[1].withTurn(id, async (turn) => {
    expect(await turn.loadChat()).toEqual(everything);
    await stores[1].saveChat({ chatId: id, messages: everything.slice(1) }); // uses the lock of the turn
    await turn.saveChat({ messages: [...(await turn.loadChat()), everything[0]!] });
  });
  expect((await stores[0].loadChat(id)).map((message) => message.id)).toEqual(["2", "3", "1"]);
  await stores[0].saveChat({ chatId: id, messages: [] });
  expect(await stores[1].loadChat(id)).toEqual([]);
});

test("a value that is not a UIMessage is refused, and nothing is changed", async () => {
  const id = randomUUID();
  await stores[0].saveChat({ chatId: id, messages: everything });
  const wrong = [undefined, null, "text", {}, { ...everything[0]!, id: 1 }, { ...everything[0]!, parts: "text" }];
  for (const each of [...wrong, { ...everything[0]!, role: "robot" }, { ...everything[0]!, content: "text" }]) {
    await expect(stores[0].saveChat({ chatId: id, messages: [each as UIMessage] })).rejects.toThrow(TypeError);
  }
  await expect(stores[0].saveChat({ chatId: id, messages: undefined as never })).rejects.toThrow(TypeError);
  await expect(stores[0].withTurn(id, undefined as never)).rejects.toThrow(
    /^withTurn: the last argument must be a function/,
  );
  expect(await stores[0].loadChat(id)).toEqual(everything);
});

test("bad arguments of chatStore are refused", async () => {
  expect(() => chatStore(undefined as never)).toThrow(/^chatStore needs a LockedMemory of many sessions/);
  const store = chatStore({ for: () => ({ load: async () => [] }) } as never);
  await expect(store.loadChat("id")).rejects.toThrow(/^chatStore needs memories that can replace/);
});

interface Meta {
  createdAt: number;
}

test("messages are of the type that the store is made with", () => {
  expectTypeOf<UIMessage>().toExtend<ChatMessage>();
  expectTypeOf(chatStore<UIMessage<Meta>>).returns.toEqualTypeOf<ChatStore<UIMessage<Meta>>>();
  expectTypeOf<ChatStore<UIMessage<Meta>>["loadChat"]>().returns.resolves.toEqualTypeOf<UIMessage<Meta>[]>();
  expectTypeOf<ChatTurn<UIMessage>["loadChat"]>().returns.resolves.toEqualTypeOf<UIMessage[]>();
  type Hold = (
    stream: ReturnType<typeof toUIMessageStream>,
  ) => Parameters<typeof createUIMessageStreamResponse>[0]["stream"];
  expectTypeOf<ChatTurn<UIMessage>["hold"]>().toExtend<Hold>();
  const tenants = new LockedMemory(
    (session: { tenant: string; session: string }) => new RedisMemory({} as never, { session }),
    createLocker(inProcessDriver()),
  );
  const store = chatStore<UIMessage, { tenant: string; session: string }>(tenants);
  expectTypeOf(store.loadChat).parameter(0).toEqualTypeOf<{ tenant: string; session: string }>();
});
