import { randomUUID } from "node:crypto";
import { createLocker, inProcessDriver } from "@distlock/core";
import { ioredisConnection, ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import { InMemoryChatMessageHistory } from "@langchain/core/chat_history";
import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  mapChatMessagesToStoredMessages,
  mapStoredMessagesToChatMessages,
} from "@langchain/core/messages";
import { RunnableLambda, RunnableWithMessageHistory } from "@langchain/core/runnables";
import { Agent, type AgentInputItem, run, setTracingDisabled, tool } from "@openai/agents";
import { assistantMessage, functionCall, ScriptedModel } from "@openai/agents/testing";
import { afterAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { chatHistory, lockChatHistory, lockRunnable } from "../../src/frameworks/langchain";
import { lockRun, RedisSession } from "../../src/frameworks/openai-agents";
import { InProcessMemory, LockedMemory, lockMethods, type Message, RedisMemory, sessionKey } from "../../src/index";
import { ioredis } from "../support/clients";

setTracingDisabled(true);
const server = await startRedis();
afterAll(() => server.stop());

const redis = ioredis(server.port);
const connection = ioredisConnection(redis);
const locker = createLocker(ioredisDriver(redis));
/** As if somebody had made a second one by mistake. */
const second = createLocker(ioredisDriver(redis));
const maps = { mapChatMessagesToStoredMessages, mapStoredMessagesToChatMessages };
const hello: Message = { role: "user", content: "Hello" };

const error = (...parts: string[]) =>
  expect.objectContaining({
    name: "TypeError",
    message: expect.toSatisfy((message: string) => parts.every((part) => message.includes(part))),
  });
/** The error of a caller that would wait for itself. */
const bySecond = (key: string) => error(`${JSON.stringify(key)} is held by another locker`);
const otherKey = (own: string, held: string) =>
  error(`is locked by ${JSON.stringify(own)}`, `holds ${JSON.stringify(held)}`);

describe("a second locker within a turn of the same key", () => {
  const patient = { timeout: Number.POSITIVE_INFINITY };

  test("is reported at once, by every call of a LockedMemory", async () => {
    const key = `memory:{${randomUUID()}}`;
    const inner = new InProcessMemory();
    const memory = new LockedMemory(inner, locker, { key });
    const same = new LockedMemory(inner, second, { key, ...patient });
    const spies = (["load", "append", "clear", "search"] as const).map((name) => vi.spyOn(inner, name));
    await memory.withTurn(async (turn) => {
      const work = vi.fn();
      for (const call of [
        () => same.load(),
        () => same.search("Hello", 1),
        () => same.append([hello]),
        () => same.clear(),
        () => same.withTurn(patient, work),
        () => same.beginTurn(patient),
        () => lockMethods({ run: async () => work() }, second, { write: ["run"], key, ...patient }).run(),
      ]) {
        await expect(call()).rejects.toEqual(bySecond(key));
      }
      expect(work).not.toHaveBeenCalled();
      for (const spy of spies) expect(spy).not.toHaveBeenCalled();
      await turn.append([hello]);
    });
    await same.append([hello]);
    expect(await memory.load()).toEqual([hello, hello]);
  });

  test("is reported at once, by a RedisSession that hides in another session", async () => {
    const session = new RedisSession<AgentInputItem>(connection, second, { session: randomUUID(), timeout: 60_000 });
    const key = sessionKey(await session.getSessionId());
    const hidden = {
      getSessionId: () => session.getSessionId(),
      getItems: (limit?: number) => session.getItems(limit),
      addItems: (items: AgentInputItem[]) => session.addItems(items),
      popItem: () => session.popItem(),
      clearSession: () => session.clearSession(),
    };
    const model = new ScriptedModel([[assistantMessage("Hi!")]]);
    const running = lockRun(run, locker)(new Agent({ name: "agent", model }), "Hello", { session: hidden });
    await expect(running).rejects.toEqual(bySecond(key));
    expect(model.calls).toHaveLength(0);
    expect(await session.getItems()).toEqual([]);
  });

  test("may have its own key, and a turn that has ended does not count", async () => {
    const key = `memory:{${randomUUID()}}`;
    const memory = new LockedMemory(new InProcessMemory(), locker, { key });
    const apart = new LockedMemory(new InProcessMemory(), second, { key: `${key}:elsewhere` });
    let late: Promise<Message[]> | undefined;
    await memory.withTurn(async (turn) => {
      await apart.withTurn((own) => own.append([hello]));
      const same = new LockedMemory(new InProcessMemory(), second, { key });
      late = (async () => {
        await turn.end();
        return same.load();
      })();
    });
    expect(await late).toEqual([]);
  });
});

describe("a history of LangChain in a locked run", () => {
  const sessions = new LockedMemory((session) => new RedisMemory(connection, { session }), locker);

  /** Whose histories are kept by tenant, and whose runs are locked by `options`. */
  function agent(options: Parameters<typeof lockRunnable>[2] = {}) {
    const id = randomUUID();
    const session = { tenant: "acme", session: id };
    const asked = vi.fn();
    const model = RunnableLambda.from(async (messages: BaseMessage[]) => {
      asked();
      return new AIMessage(`saw ${messages.length}`);
    });
    const chain = new RunnableWithMessageHistory({
      runnable: model,
      getMessageHistory: (session) => chatHistory(sessions.for({ tenant: "acme", session }), maps),
    });
    const ask = (runnable = lockRunnable(chain, locker, options)) =>
      runnable.invoke([new HumanMessage("Hello")], { configurable: { sessionId: id } });
    return { session, asked, chain, ask, key: sessionKey(session), runKey: sessionKey(id) };
  }

  test("of another key is reported at the first call, and nothing is written", async () => {
    const { session, asked, ask, key, runKey } = agent();
    await expect(ask()).rejects.toEqual(otherKey(key, runKey));
    expect(asked).not.toHaveBeenCalled();
    expect(await sessions.for(session).load()).toEqual([]);
  });

  test("of the same key is a part of it", async () => {
    const { session, ask } = agent({
      session: ({ configurable }) => ({ tenant: "acme", session: configurable.sessionId as string }),
    });
    await ask();
    expect((await sessions.for(session).load()).map(({ content }) => content)).toEqual(["Hello", "saw 1"]);
  });

  test("is reported, too, in a turn around a chain that is not locked itself, unless the turn is of its session", async () => {
    const { session, chain, ask, key, runKey } = agent();
    const apart = new LockedMemory(new InProcessMemory(), locker, { key: runKey });
    await apart.withTurn(async () => {
      await expect(ask(chain)).rejects.toEqual(otherKey(key, runKey));
      await sessions.for(session).withTurn(() => ask(chain));
    });
    await sessions.for(session).withTurn(() => apart.withTurn(() => ask(chain)));
    expect(await sessions.for(session).load()).toHaveLength(4);
  });

  test("is reported, too, for a locked history of LangChain's own, even when it is read", async () => {
    const inner = new InMemoryChatMessageHistory();
    const history = lockChatHistory(inner, locker, { session: { tenant: "acme", session: "s1" } });
    const own = sessionKey({ tenant: "acme", session: "s1" });
    const memory = new LockedMemory(new InProcessMemory(), locker, { key: "memory:{s1}" });
    await memory.withTurn(async () => {
      await expect(history.getMessages()).rejects.toEqual(otherKey(own, "memory:{s1}"));
      await expect(history.addUserMessage("Hello")).rejects.toEqual(otherKey(own, "memory:{s1}"));
    });
    await history.addUserMessage("Hello");
    expect(await history.getMessages()).toHaveLength(1);
  });

  test("outside of a run it is as it was", async () => {
    const { session } = agent();
    const history = chatHistory(sessions.for(session), maps);
    await history.addUserMessage("Hello");
    expect(await history.getMessages()).toHaveLength(1);
  });
});

describe("a RedisSession in a locked run", () => {
  const redisSession = () => new RedisSession<AgentInputItem>(connection, locker, { session: randomUUID() });

  test("of another session is reported at the first call: its own run is not locked", async () => {
    const [outer, inner] = [redisSession(), redisSession()];
    const [outerKey, innerKey] = await Promise.all([outer, inner].map(async (s) => sessionKey(await s.getSessionId())));
    const told: unknown[] = [];
    const helper = () => new Agent({ name: "helper", model: new ScriptedModel([[assistantMessage("Hi!")]]) });
    const asks = tool({
      name: "ask_helper",
      description: "asks",
      parameters: z.object({ locked: z.boolean() }),
      execute: async ({ locked }) => {
        await (locked ? lockRun(run, locker) : run)(helper(), "Hello", { session: inner }).catch((e) => told.push(e));
        return "done";
      },
    });
    const model = new ScriptedModel([
      [functionCall("ask_helper", { locked: false }, { callId: "1" })],
      [functionCall("ask_helper", { locked: true }, { callId: "2" })],
      [assistantMessage("Done")],
    ]);
    await lockRun(run, locker)(new Agent({ name: "agent", model, tools: [asks] }), "Go", { session: outer });
    expect(told).toEqual([otherKey(innerKey!, outerKey!)]);
    expect(await inner.getItems()).toHaveLength(2);
  });
});

test("a memory of another session within a turn takes a lock of its own, as it says", async () => {
  const sessions = new LockedMemory(() => new InProcessMemory(), createLocker(inProcessDriver()));
  await sessions.for("a").withTurn(async () => {
    const other = sessions.for("b");
    await other.append([hello]);
    expect(await other.load()).toEqual([hello]);
  });
});
