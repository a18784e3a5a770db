import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createLocker, type Lock, type Locker } from "@distlock/core";
import { ioredisConnection, ioredisDriver } from "@distlock/ioredis";
import { nodeRedisDriver } from "@distlock/node-redis";
import { startRedis } from "@distlock/testing";
import { type BaseChatMessageHistory, InMemoryChatMessageHistory } from "@langchain/core/chat_history";
import {
  AIMessage,
  AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  mapChatMessagesToStoredMessages,
  mapStoredMessagesToChatMessages,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { type Runnable, RunnableLambda, RunnableWithMessageHistory } from "@langchain/core/runnables";
import { afterAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { chatHistory, lockChatHistory, lockRunnable } from "../../../src/frameworks/langchain";
import { LockedMemory, RedisMemory, sessionKey } from "../../../src/index";
import { ioredis, nodeRedis } from "../../support/clients";
import { createGate } from "../../support/gate";

const server = await startRedis();
afterAll(() => server.stop());

const clients = [ioredis(server.port), ioredis(server.port)] as const;
const connection = ioredisConnection(clients[0]);
/** Two instances of an agent. */
const lockers = [
  createLocker(ioredisDriver(clients[1])),
  createLocker(nodeRedisDriver(await nodeRedis(server.port))),
] as const;
const [locker] = lockers;
const maps = { mapChatMessagesToStoredMessages, mapStoredMessagesToChatMessages };

const isHeld = async (session: string) => (await lockers[1].inspect(sessionKey(session))).held;
const told = (messages: readonly BaseMessage[]) => messages.map(({ type, content }) => `${type}:${content}`);
const at = (sessionId: string, config: object = {}) => ({ ...config, configurable: { sessionId } });

/** Answers with the last message, and how many messages it saw; streams that in two pieces. */
function model(meanwhile: (said: string, signal?: AbortSignal) => Promise<unknown> = async () => {}) {
  return RunnableLambda.from(async function* (messages: BaseMessage[], { signal }: { signal?: AbortSignal }) {
    const said = String(messages.at(-1)!.content);
    yield new AIMessageChunk(`re:${said}:`);
    await meanwhile(said, signal);
    yield new AIMessageChunk(`${messages.length}`);
  } as never) as unknown as Runnable<BaseMessage[], BaseMessage>;
}

const agent = (history: (session: string) => BaseChatMessageHistory, runnable = model()) =>
  new RunnableWithMessageHistory({ runnable, getMessageHistory: history });

/** Resolves for each caller when two have come. */
function meeting() {
  const { opened, open } = createGate();
  let here = 0;
  return () => {
    if (++here === 2) open();
    return opened;
  };
}

async function collect(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

const users = (history: BaseMessage[], name: string) =>
  history.filter(({ type, content }) => type === "human" && content === name).length;

const ways: Record<string, (chain: Runnable, said: BaseMessage[], config: object) => Promise<unknown>> = {
  invoke: (chain, said, config) => chain.invoke(said, config),
  stream: async (chain, said, config) => collect(await chain.stream(said, config)),
  streamEvents: (chain, said, config) => collect(chain.streamEvents(said, { ...config, version: "v2" })),
  transform: (chain, said, config) =>
    collect(
      chain.transform(
        (async function* () {
          yield said;
        })(),
        config,
      ),
    ),
  batch: (chain, said, config) => chain.batch([said], config),
  "withConfig and pipe": (chain, said, config) =>
    chain
      .pipe(RunnableLambda.from((said) => said))
      .withConfig(config)
      .invoke(said),
};

describe("two instances of RunnableWithMessageHistory on one session", () => {
  test("lose what a user said when nothing is locked", async () => {
    const history = new InMemoryChatMessageHistory();
    const both = meeting();
    const answered = createGate();
    const instance = () =>
      agent(
        () => history,
        model((said) => both().then(() => (said === "A" ? answered.opened : undefined))),
      );
    const first = instance().invoke([new HumanMessage("A")], at("s"));
    await instance().invoke([new HumanMessage("B")], at("s"));
    answered.open();
    await first;
    expect(told(await history.getMessages())).toEqual(["human:B", "ai:re:B:1", "ai:re:A:1"]);
  });

  test("lose it when only the writes are locked, too", async () => {
    const history = new InMemoryChatMessageHistory();
    const session = randomUUID();
    const both = meeting();
    const answered = createGate();
    const instance = (locker: Locker) =>
      agent(
        () => lockChatHistory(history, locker, { session }),
        model((said) => both().then(() => (said === "A" ? answered.opened : undefined))),
      );
    const first = instance(lockers[0]).invoke([new HumanMessage("A")], at(session));
    await instance(lockers[1]).invoke([new HumanMessage("B")], at(session));
    answered.open();
    await first;
    expect(told(await history.getMessages())).toEqual(["human:B", "ai:re:B:1", "ai:re:A:1"]);
  });

  const histories: Record<string, () => (locker: Locker) => (session: string) => BaseChatMessageHistory> = {
    "a history of LangChain": () => {
      const history = new InMemoryChatMessageHistory();
      return () => () => history;
    },
    "a history of LangChain whose writes are locked": () => {
      const history = new InMemoryChatMessageHistory();
      return (locker) => (session) => lockChatHistory(history, locker, { session, timeout: 1_000 });
    },
    "the history of a LockedMemory in Redis": () => (locker) => {
      const sessions = new LockedMemory((session: string) => new RedisMemory(connection, { session }), locker);
      return (session) => chatHistory(sessions.for(session), maps);
    },
  };
  describe.for(Object.entries(histories))("with locked runs on %s", ([, prepare]) => {
    test.for(Object.entries(ways))("take turns by %s", async ([, go]) => {
      const session = randomUUID();
      const history = prepare();
      const instances = lockers.map((locker) => lockRunnable(agent(history(locker)), locker));
      const saying = Array.from({ length: 12 }, (_, i) =>
        go(instances[i % 2]!, [new HumanMessage(`${i}`)], at(session)),
      );
      await Promise.all(saying);
      const messages = await history(locker)(session).getMessages();
      expect(messages).toHaveLength(24);
      for (let i = 0; i < 24; i += 2) {
        const said = messages[i]!.content;
        expect(told(messages.slice(i, i + 2))).toEqual([`human:${said}`, `ai:re:${said}:${i + 1}`]);
        expect(users(messages, String(i / 2))).toBe(1);
      }
      expect(await isHeld(session)).toBe(false);
    });
  });
});

/** LangChain logs what a history rejects with. */
async function quietly(run: () => Promise<unknown>): Promise<void> {
  const logged = vi.spyOn(console, "warn").mockImplementation(() => {});
  try {
    await run();
  } finally {
    logged.mockRestore();
  }
}

describe("a locked run whose history fails", () => {
  /** A history whose next writes are refused, or its next reads but one: LangChain reads anew before it writes. */
  class FailingHistory extends InMemoryChatMessageHistory {
    reads = 0;
    constructor(readonly fails: "write" | "read again") {
      super();
    }
    override async addMessages(messages: BaseMessage[]) {
      if (this.fails === "write") throw new Error("not written");
      return super.addMessages(messages);
    }
    override async addMessage(message: BaseMessage) {
      if (this.fails === "write") throw new Error("not written");
      return super.addMessage(message);
    }
    override async getMessages() {
      if (this.fails === "read again" && ++this.reads > 1) throw new Error("not read");
      return super.getMessages();
    }
  }
  const errors = { write: "not written", "read again": "not read" } as const;

  describe.for(["write", "read again"] as const)("to %s", (fails) => {
    test.for(Object.entries(ways))("rejects by %s, and frees its lock", async ([, go]) => {
      const session = randomUUID();
      const history = new FailingHistory(fails);
      const chain = lockRunnable(
        agent(() => lockChatHistory(history, locker, { session })),
        locker,
      );
      await expect(quietly(() => go(chain, [new HumanMessage("A")], at(session)))).rejects.toThrow(errors[fails]);
      expect(await isHeld(session)).toBe(false);
    });
  });

  test.for(Object.entries(ways))("in Redis, because a newer turn has come, rejects by %s", async ([, go]) => {
    const session = randomUUID();
    const raw = new RedisMemory(connection, { session });
    const sessions = new LockedMemory(() => raw, locker);
    const chain = lockRunnable(
      agent(
        (session) => chatHistory(sessions.for(session), maps),
        model(async () => {
          const { fence } = await locker.inspect(sessionKey(session));
          await raw.load({ fence: fence! + 1 });
        }),
      ),
      locker,
    );
    const late = { code: "STALE_TURN", applied: false };
    await expect(quietly(() => go(chain, [new HumanMessage("A")], at(session)))).rejects.toMatchObject(late);
    expect(await raw.load()).toEqual([]);
    expect(await isHeld(session)).toBe(false);
  });

  test("rejects even if its code has caught the failure, with its own error if it has one, and no run around it rejects", async () => {
    const session = randomUUID();
    const history = lockChatHistory(new FailingHistory("write"), locker, { session });
    const careless = (after: () => void) =>
      lockRunnable(
        RunnableLambda.from(async (text: string) => {
          await history.addUserMessage(text).catch(() => {});
          after();
          return text;
        }),
        locker,
      );
    await expect(careless(() => {}).invoke("A", at(session))).rejects.toThrow("not written");
    const own = () => {
      throw new Error("its own");
    };
    await expect(careless(own).invoke("A", at(session))).rejects.toThrow("its own");
    const outer = lockRunnable(
      RunnableLambda.from(async (text: string) => {
        await expect(careless(() => {}).invoke(text, at(session))).rejects.toThrow("not written");
        return "well";
      }),
      locker,
    );
    expect(await outer.invoke("A", at(session))).toBe("well");
    await expect(history.addUserMessage("alone")).rejects.toThrow("not written");
  });
});

test("runs of one session within a turn, such as the runs of a batch, take place one at a time and lose nothing", async () => {
  const session = randomUUID();
  const memory = new LockedMemory(new RedisMemory(connection, { session }), locker, { key: sessionKey(session) });
  const counting = RunnableLambda.from(async (text: string) => {
    const { length } = await memory.load();
    await memory.append([{ role: "user", content: `${text} after ${length}` }]);
    return text;
  });
  const chain = lockRunnable(counting, locker);
  await memory.withTurn(async () => {
    await Promise.all([chain.batch(["a", "b", "c"], at(session)), chain.invoke("d", at(session))]);
  });
  expect((await memory.load()).map(({ content }) => String(content).slice(-1))).toEqual(["0", "1", "2", "3"]);
});

function locked(meanwhile?: Parameters<typeof model>[0], options = {}) {
  const session = randomUUID();
  const history = new InMemoryChatMessageHistory();
  return {
    session,
    history,
    chain: lockRunnable(
      agent(() => history, model(meanwhile)),
      locker,
      options,
    ),
  };
}

describe("a locked run", () => {
  test("that streams holds the lock until its reader is done, or breaks off", async () => {
    const { chain, history, session } = locked();
    for await (const _ of await chain.stream([new HumanMessage("A")], at(session))) {
      expect(await isHeld(session)).toBe(true);
    }
    expect(await isHeld(session)).toBe(false);
    for await (const chunk of await chain.stream([new HumanMessage("B")], at(session))) {
      expect(String((chunk as BaseMessage).content)).toBe("re:B:");
      break;
    }
    expect(await isHeld(session)).toBe(false);
    await chain.invoke([new HumanMessage("C")], at(session));
    expect(told(await history.getMessages())).toEqual(["human:A", "ai:re:A:1", "human:C", "ai:re:C:3"]);
  });

  test("ends when its signal aborts, while it waits and while it runs", async () => {
    const started = createGate();
    const { chain, history, session } = locked(async (said, signal) => {
      if (said !== "A") return;
      started.open();
      await once(signal!, "abort");
    });
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = chain.invoke([new HumanMessage("A")], at(session, { signal: running.signal }));
    await started.opened;
    const second = chain.invoke([new HumanMessage("B")], at(session, { signal: waiting.signal }));
    const third = chain.invoke([new HumanMessage("C")], at(session));
    waiting.abort(new Error("the user left"));
    await expect(second).rejects.toThrow("the user left");
    running.abort(new Error("the user is bored"));
    await expect(first).rejects.toThrow("the user is bored");
    await third;
    expect(told(await history.getMessages())).toEqual(["human:C", "ai:re:C:1"]);
    expect(await isHeld(session)).toBe(false);
  });

  test("that is aborted keeps its lock until its history has been written, if the history's writes are locked", async () => {
    const session = randomUUID();
    const { opened, open } = createGate();
    const writing = createGate();
    class SlowHistory extends InMemoryChatMessageHistory {
      override async addMessage(message: BaseMessage) {
        writing.open();
        await opened;
        return super.addMessage(message);
      }
    }
    const history = new SlowHistory();
    const chain = lockRunnable(
      agent(() => lockChatHistory(history, locker, { session })),
      locker,
    );
    const bored = new AbortController();
    const run = ways.stream!(chain, [new HumanMessage("A")], at(session, { signal: bored.signal }));
    await writing.opened;
    bored.abort(new Error("the user is bored"));
    await expect(run).rejects.toThrow("the user is bored");
    expect(await isHeld(session)).toBe(true);
    const next = chain.invoke([new HumanMessage("B")], at(session));
    open();
    await next;
    expect(told(await history.getMessages())).toEqual(["human:A", "ai:re:A:1", "human:B", "ai:re:B:3"]);
  });

  test("aborts when its lock is lost", async () => {
    const session = randomUUID();
    const { chain } = locked(
      async (_, signal) => {
        await lockers[1].forceRelease(sessionKey(session));
        await once(signal!, "abort");
      },
      { ttl: 300 },
    );
    await expect(chain.invoke([new HumanMessage("A")], at(session))).rejects.toMatchObject({ code: "LOCK_LOST" });
  });

  test("of a busy session rejects, and the chain is not called", async () => {
    const { chain, history, session } = locked(undefined, { whenBusy: "reject" });
    const lock = await lockers[1].acquire(sessionKey(session));
    const busy = { code: "LOCK_NOT_ACQUIRED" };
    await expect(chain.invoke([new HumanMessage("A")], at(session))).rejects.toMatchObject(busy);
    await expect(chain.stream([new HumanMessage("A")], at(session))).rejects.toMatchObject(busy);
    await expect(collect(chain.streamEvents([], at(session, { version: "v2" }) as never))).rejects.toMatchObject(busy);
    await lock.release();
    expect(await history.getMessages()).toEqual([]);
  });

  test("needs a session", async () => {
    const { chain, history } = locked();
    const missing = /^config\.configurable\.sessionId must be a string/;
    for (const config of [undefined, {}, { configurable: {} }, at("")]) {
      await expect(chain.invoke([new HumanMessage("A")], config as never)).rejects.toThrow(missing);
      await expect(chain.stream([new HumanMessage("A")], config as never)).rejects.toThrow(missing);
      expect(() => chain.streamEvents([], { ...config, version: "v2" } as never)).toThrow(missing);
    }
    expect(await history.getMessages()).toEqual([]);
  });

  test("may be of a session and a key of your own", async () => {
    const keys: string[] = [];
    const spying = {
      ...locker,
      acquire: (key: string, options?: object) => {
        keys.push(key);
        return locker.acquire(key, options);
      },
    } as Locker;
    const echo = RunnableLambda.from(async (text: string) => text);
    const session = ({ configurable }: { configurable: Record<string, unknown> }) => ({
      tenant: String(configurable.org),
      session: String(configurable.chat),
    });
    await lockRunnable(echo, spying, { session }).invoke("a", { configurable: { org: "o", chat: "c" } });
    await lockRunnable(echo, spying, { key: (session) => `own:${session}` }).invoke("a", at("s"));
    await lockRunnable(echo.withConfig(at("bound")), spying).invoke("a");
    expect(keys).toEqual(["memory:{o%:%:c}", "own:s", "memory:{bound}"]);
  });

  test("of each input of a batch is of the input's own session", async () => {
    const histories = new Map<string, InMemoryChatMessageHistory>();
    const both = meeting();
    const chain = lockRunnable(
      agent(
        (session) => {
          if (!histories.has(session)) histories.set(session, new InMemoryChatMessageHistory());
          return histories.get(session)!;
        },
        model(async (said) => said.startsWith("at once") && both()),
      ),
      locker,
    );
    const [a, b] = [randomUUID(), randomUUID()];
    const said = (...texts: string[]) => texts.map((text) => [new HumanMessage(text)]);
    await chain.batch(said("at once 1", "at once 2"), [at(a), at(b)]);
    await Promise.all([
      chain.batch(said("1", "2", "3"), [at(a), at(b), at(a)]),
      chain.batch(said("4", "5"), [at(b), at(a)]),
    ]);
    const counts = async (session: string) =>
      told(await histories.get(session)!.getMessages()).flatMap((each) => /^ai.*:(\d)$/.exec(each)?.[1] ?? []);
    expect(await counts(a)).toEqual(["1", "3", "5", "7"]);
    expect(await counts(b)).toEqual(["1", "3", "5"]);
  });

  test("of each input of a batch comes after the one before, within a turn too", async () => {
    const { chain, session, history } = locked(async (said) => {
      await isHeld(session);
      if (said === "2") throw new Error("no answer");
    });
    const memory = new LockedMemory(new RedisMemory(connection, { session }), locker, { key: sessionKey(session) });
    const said = ["1", "2", "3"].map((text) => [new HumanMessage(text)]);
    const batch = () => chain.batch(said, at(session), { returnExceptions: true });
    expect((await memory.withTurn(batch))[1]).toEqual(new Error("no answer"));
    await batch();
    const each = (n: number) => ["human:1", `ai:re:1:${n}`, "human:3", `ai:re:3:${n + 2}`];
    expect(told(await history.getMessages())).toEqual([...each(1), ...each(5)]);
  });

  test("that is a tool's is locked as any other", async () => {
    const { chain, session } = locked(async () => expect(await isHeld(session)).toBe(true));
    const spied = RunnableLambda.from(async (text: string) => `${text}:${await isHeld(session)}`);
    const tool = lockRunnable(spied, locker).asTool({ name: "spy", description: "d", schema: z.string() });
    expect(await tool.invoke("a", at(session))).toBe("a:true");
    await expect(tool.invoke("a")).rejects.toThrow(/^config\.configurable\.sessionId must be/);
    await chain.invoke([new HumanMessage("A")], at(session));
  });

  test("may have its session from the runnable that it was derived from", async () => {
    const session = randomUUID();
    const spied = RunnableLambda.from(async (text: string) => `${text}:${await isHeld(session)}`);
    const chain = lockRunnable(spied, locker);
    const bound = chain.withConfig(at(session));
    const after = RunnableLambda.from((text: string) => text);
    expect(await bound.pipe(after).invoke("a")).toBe("a:true");
    expect(await bound.withFallbacks([after]).invoke("a")).toBe("a:true");
    expect(
      await bound
        .withRetry()
        .withConfig({ tags: ["t"] })
        .invoke("a"),
    ).toBe("a:true");
  });

  test("uses the lock of a turn or a run around it", async () => {
    const { chain, session, history } = locked(undefined, { timeout: 500 });
    const outer = lockRunnable(
      RunnableLambda.from(async (text: string) => chain.invoke([new HumanMessage(text)], at(session))),
      locker,
    );
    await outer.invoke("A", at(session));
    const memory = new LockedMemory(new RedisMemory(connection, { session }), locker, { key: sessionKey(session) });
    await memory.withTurn(() => chain.invoke([new HumanMessage("B")], at(session)));
    expect(await history.getMessages()).toHaveLength(4);
  });
});

describe("a chat history of a memory", () => {
  const messages = [
    new SystemMessage("Be kind."),
    new HumanMessage({ content: [{ type: "text", text: "What is it like in Berlin?" }], name: "Ada", id: "h1" }),
    new AIMessage({
      content: "",
      id: "a1",
      tool_calls: [{ id: "c1", name: "weather", args: { city: "Berlin" }, type: "tool_call" }],
      usage_metadata: { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
      response_metadata: { model: "m" },
      additional_kwargs: { own: { deep: [1] } },
    } as never),
    new ToolMessage({ content: "sunny", tool_call_id: "c1", name: "weather", artifact: { degrees: 20 } }),
    new AIMessage("It is sunny."),
  ];

  test("returns to LangChain what it saved, and shows others the rest", async () => {
    const memory = new RedisMemory(connection, { session: randomUUID() });
    const history: BaseChatMessageHistory = chatHistory(memory, maps);
    await history.addMessages(messages.slice(0, 4));
    await history.addMessage(messages[4]!);
    await history.addUserMessage("Thanks!");
    await history.addAIMessage("Any time.");
    await history.addMessages([]);
    const back = await history.getMessages();
    expect(mapChatMessagesToStoredMessages(back)).toEqual(
      mapChatMessagesToStoredMessages([...messages, new HumanMessage("Thanks!"), new AIMessage("Any time.")]),
    );
    expect(back[2]).toBeInstanceOf(AIMessage);
    expect(back[2]).toMatchObject({
      tool_calls: [{ id: "c1", args: { city: "Berlin" } }],
      usage_metadata: { total_tokens: 7 },
    });
    expect((await memory.load()).map(({ role, content }) => [role, content])).toEqual([
      ["system", "Be kind."],
      ["user", [{ type: "text", text: "What is it like in Berlin?" }]],
      ["assistant", ""],
      ["tool", "sunny"],
      ["assistant", "It is sunny."],
      ["user", "Thanks!"],
      ["assistant", "Any time."],
    ]);
    expect((await memory.load())[1]).toMatchObject({ id: "h1", name: "Ada" });
    await history.clear();
    expect(await history.getMessages()).toEqual([]);
  });

  test.for<[string, unknown[], unknown[]]>([
    ["a part without a type", [{ type: "text", text: "x" }, { cachePoint: { type: "default" } }], ["x"]],
    ["a text without a type", [{ text: "hi" }], ["hi"]],
    ["a string among the parts", ["hi"], ["hi"]],
    ["a text that is null", [{ type: "thinking", text: null }], []],
    ["null among the parts", [null, { type: "text", text: "x" }], ["x"]],
  ])("keeps %s as it is, and shows others what they can read", async ([, content, texts]) => {
    const memory = new RedisMemory(connection, { session: randomUUID() });
    const history = chatHistory(memory, maps);
    const said = [new HumanMessage({ content } as never), new AIMessage("re")];
    await history.addMessages(said);
    const back = await history.getMessages();
    expect(mapChatMessagesToStoredMessages(back)).toEqual(mapChatMessagesToStoredMessages(said));
    expect((await memory.load()).map(({ content }) => content)).toEqual([
      texts.map((text) => ({ type: "text", text })),
      "re",
    ]);
  });

  test("reads what others wrote", async () => {
    const memory = new RedisMemory(connection, { session: randomUUID() });
    await memory.append([
      { role: "user", content: "Hello", id: "1", name: "Ada" },
      { role: "assistant", content: [{ type: "text", text: "Hi!" }] },
      { role: "system", content: "Be kind." },
      { role: "tool", content: "sunny" },
    ]);
    const read = await chatHistory(memory, maps).getMessages();
    expect(read.map(({ type }) => type)).toEqual(["human", "ai", "system", "generic"]);
    expect(read[0]).toMatchObject({ content: "Hello", id: "1", name: "Ada" });
    expect(read[3]).toMatchObject({ content: "sunny", role: "tool" });
  });

  test("is fenced in a locked run: a run that has lost its lock can neither read nor write", async () => {
    const session = randomUUID();
    const latest: Lock[] = [];
    const spying = {
      ...locker,
      async acquire(key: string, options?: object) {
        const lock = await locker.acquire(key, options);
        latest.push(lock);
        return lock;
      },
    } as Locker;
    const raw = new RedisMemory(connection, { session });
    const memory = new LockedMemory(raw, spying, { key: sessionKey(session) });
    const history = chatHistory(memory, maps);
    const chain = lockRunnable(
      agent(
        () => history,
        model(async () => {
          expect(latest).toHaveLength(1);
          // A newer turn, of a holder that this one knows nothing of.
          await raw.load({ fence: latest[0]!.fence + 1 });
          await expect(history.getMessages()).rejects.toMatchObject({ code: "STALE_TURN", applied: false });
          await expect(history.addUserMessage("late")).rejects.toMatchObject({ code: "STALE_TURN", applied: false });
        }),
      ),
      spying,
    );
    await expect(quietly(() => chain.invoke([new HumanMessage("A")], at(session)))).rejects.toMatchObject({
      code: "STALE_TURN",
      applied: false,
    });
    expect(await raw.load()).toEqual([]);
  });

  test("needs a memory and LangChain's maps", () => {
    expect(() => chatHistory({} as never, maps)).toThrow(/^chatHistory needs a memory/);
    expect(() => chatHistory(new RedisMemory(connection, { session: "s" }), {} as never)).toThrow(
      /^chatHistory needs map/,
    );
  });
});

test("bad options are refused", () => {
  const echo = RunnableLambda.from(async (text: string) => text);
  const bad = (options: object, runnable: unknown = echo) =>
    expect(() => lockRunnable(runnable as typeof echo, locker, options));
  bad({}, {}).toThrow(/^lockRunnable needs a runnable with a method invoke/);
  bad({ session: "s" }).toThrow(/^session must be a function/);
  bad({ key: "k" }).toThrow(/^key must be a function/);
  bad({ timeout: -1 }).toThrow(RangeError);
  expect(() => lockRunnable(echo, {} as never)).toThrow(/^lockRunnable needs a locker/);
  const history = new InMemoryChatMessageHistory();
  expect(() => lockChatHistory(history, locker, {} as never)).toThrow(/^pass either session or key/);
  expect(() => lockChatHistory(history, locker, { session: "s", key: "k" } as never)).toThrow(/^pass either/);
  expect(() => lockChatHistory(history, locker, { session: "" })).toThrow(RangeError);
});
