import { randomUUID } from "node:crypto";
import { getEventListeners, once } from "node:events";
import { createLocker, LockLostError, LockNotAcquiredError } from "@distlock/core";
import type { RedisConnection } from "@distlock/core/driver";
import { ioredisConnection, ioredisDriver } from "@distlock/ioredis";
import { nodeRedisConnection, nodeRedisDriver } from "@distlock/node-redis";
import { startRedis } from "@distlock/testing";
import {
  Agent,
  type AgentInputItem,
  MemorySession,
  Runner,
  RunState,
  run,
  type Session,
  setTracingDisabled,
  tool,
} from "@openai/agents";
import {
  assistantMessage,
  functionCall,
  modelResponder,
  ScriptedModel,
  type ScriptedModelInput,
} from "@openai/agents/testing";
import { afterAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { lockRun, RedisSession } from "../../../src/frameworks/openai-agents";
import { StaleTurnError, sessionKey } from "../../../src/index";
import { ioredis, nodeRedis } from "../../support/clients";
import { createGate } from "../../support/gate";
import { plainSession, said } from "./agent-sessions";

setTracingDisabled(true);
const server = await startRedis();
afterAll(() => server.stop());

const redis = ioredis(server.port);
const other = await nodeRedis(server.port);
/** Two instances, of which each has a client of its own. */
const connections: RedisConnection[] = [ioredisConnection(redis), nodeRedisConnection(other)];
const lockers = [createLocker(ioredisDriver(redis)), createLocker(nodeRedisDriver(other))] as const;
const runs = lockers.map((locker) => lockRun(run, locker)) as [typeof run, typeof run];

const redisSession = (i: 0 | 1, session: string = randomUUID()) =>
  new RedisSession<AgentInputItem>(connections[i]!, lockers[i], { session });

const isHeld = async (session: string) => (await lockers[0].inspect(sessionKey(session))).held;
const history = async (session: Session) => (await session.getItems()).map(said);

/** Runs to its end, in either mode. */
const finish = async (result: unknown): Promise<void> => (result as { completed?: Promise<void> }).completed;

const agentOf = (...steps: ScriptedModelInput[]) => new Agent({ name: "agent", model: new ScriptedModel(steps) });

/** An agent whose answer says how many items its model was given. */
const counter = (thinks: () => Promise<unknown>) =>
  agentOf(
    modelResponder(async ({ request }) => {
      await thinks();
      return [assistantMessage(`knows ${request.input.length}`)];
    }),
  );

/** A model that is asked, and answers when the test lets it, or fails with the reason of its run's abort. */
function waitingAgent(own?: Error) {
  const [asked, told] = [createGate(), createGate()];
  const agent = agentOf(
    modelResponder(async ({ request: { signal } }) => {
      asked.open();
      const aborted = once(signal!, "abort").then(() => Promise.reject(own ?? signal!.reason));
      await Promise.race([told.opened, aborted]);
      return [assistantMessage("at last")];
    }),
  );
  return { agent, asked: asked.opened, answer: told.open };
}

const weather = tool({
  name: "weather",
  description: "of a city",
  parameters: z.object({ city: z.string() }),
  execute: async () => "sunny",
});
const asksWeather = functionCall("weather", { city: "Ulm" }, { callId: "c1" });

const kinds: Record<string, (i: 0 | 1, id: string) => Session> = {
  "a session without fences": (_, id) => plainSession(redis, id),
  "a RedisSession": redisSession,
};

const both = [false, true].flatMap((stream) =>
  Object.entries(kinds).map(([name, create]) => ({ name, create, stream })),
);

describe.for(both)("runs of $name at once, stream: $stream", ({ name, create, stream }) => {
  const options = (session: Session) => ({ session, stream: stream as true });

  test("do not know of each other without a lock", async () => {
    const id = randomUUID();
    const asked = [createGate(), createGate()] as const;
    const one = async (i: 0 | 1) => {
      const thinks = async () => {
        asked[i].open();
        await asked[1 - i]!.opened;
      };
      await finish(await run(counter(thinks), `question ${i}`, options(create(i, id))));
    };
    await Promise.all([one(0), one(1)]);
    const items = await history(create(0, id));
    expect(items).toHaveLength(4);
    expect(items.filter((item) => item === "assistant: knows 1")).toHaveLength(2);
  });

  test("each know all earlier messages with one", async () => {
    const id = randomUUID();
    const one = async (_: unknown, n: number) => {
      const i = (n % 2) as 0 | 1;
      await finish(
        await runs[i](
          counter(() => redis.ping()),
          `question ${n}`,
          options(create(i, id)),
        ),
      );
    };
    await Promise.all(Array.from({ length: 20 }, one));
    const items = await history(create(0, id));
    expect(items).toHaveLength(40);
    expect(items.filter((_, i) => i % 2)).toEqual(
      Array.from({ length: 20 }, (_, n) => `assistant: knows ${2 * n + 1}`),
    );
    expect(new Set(items.filter((_, i) => i % 2 === 0)).size).toBe(20);
    expect(await isHeld(id)).toBe(false);
  });

  test("have a tool's call and its output side by side in the history", async () => {
    const id = randomUUID();
    const one = async (i: 0 | 1) => {
      const model = new ScriptedModel([[asksWeather], [assistantMessage("It is sunny.")]]);
      const agent = new Agent({ name: "agent", model, tools: [weather] });
      await finish(await runs[i](agent, "How is Ulm?", options(create(i, id))));
    };
    await Promise.all([one(0), one(1)]);
    const turn = ["user: How is Ulm?", "call c1", "output c1", "assistant: It is sunny."];
    expect(await history(create(0, id))).toEqual([...turn, ...turn]);
  });

  test("leave the session free when one fails, with its own error", async () => {
    const id = randomUUID();
    const own = new Error("the model failed");
    const agent = agentOf(modelResponder(() => Promise.reject(own)));
    const failed = async () => finish(await runs[0](agent, "Hello", options(create(0, id))));
    await expect(failed()).rejects.toBe(own);
    expect(await isHeld(id)).toBe(false);
  });

  test("are aborted when the lock is lost, by maxTurn for instance", async () => {
    const id = randomUUID();
    const own = new Error("Request was aborted."); // all that the SDK's model says
    const { agent, asked } = waitingAgent(own);
    const short = lockRun(run, lockers[0], { maxTurn: 300 });
    const late = (async () => finish(await short(agent, "Hello", options(create(0, id)))))();
    late.catch(() => {});
    await asked;
    await finish(
      await runs[1](
        counter(() => redis.ping()),
        "And I?",
        options(create(1, id)),
      ),
    );
    const error = await late.catch((reason: unknown) => reason);
    if (StaleTurnError.is(error))
      expect([name, stream]).toEqual(["a RedisSession", true]); // it saves its input
    else expect(error).toSatisfy((loss) => loss instanceof LockLostError && loss.cause === own);
  });
});

test("a streamed run holds the lock until it has saved, whether or not it is read", async () => {
  const session = new MemorySession({ sessionId: randomUUID() });
  const id = await session.getSessionId();
  const { agent, asked, answer } = waitingAgent();
  const result = await runs[0](agent, "Hello", { session, stream: true });
  await asked;
  expect(await isHeld(id)).toBe(true);
  answer();
  await result.completed;
  expect(await isHeld(id)).toBe(false);
  expect(await history(session)).toEqual(["user: Hello", "assistant: at last"]);
  expect(result.finalOutput).toBe("at last");
});

test("a streamed run is read as ever: by its events, as text, and as a stream", async () => {
  const session = redisSession(0);
  const read = {
    events: async () => {
      const types: string[] = [];
      for await (const event of await runs[0](agentOf([assistantMessage("Hi")]), "Hello", { session, stream: true })) {
        types.push(event.type);
      }
      return types.at(-1);
    },
    text: async () => {
      const result = await runs[0](agentOf([assistantMessage("Hi")]), "Hello", { session, stream: true });
      let text = "";
      for await (const part of result.toTextStream()) text += part;
      await result.completed;
      return text;
    },
    stream: async () => {
      const result = await runs[0](agentOf([assistantMessage("Hi")]), "Hello", { session, stream: true });
      for await (const _ of result.toStream());
      return result.finalOutput;
    },
  };
  expect(await read.events()).toBe("run_item_stream_event");
  expect(await read.text()).toBe("Hi");
  expect(await read.stream()).toBe("Hi");
  expect(await session.getItems()).toHaveLength(6);
});

test("a reader that breaks off ends the run, and the lock with it", async () => {
  const session = redisSession(0);
  const { agent, asked } = waitingAgent();
  const result = await runs[0](agent, "Hello", { session, stream: true });
  await asked;
  await (result.toStream() as ReadableStream).cancel();
  await result.completed.catch(() => {});
  expect(await isHeld(await session.getSessionId())).toBe(false);
});

test.for([false, true])(
  "a run whose lock Redis forgot can't save once a newer one has read, stream: %s",
  async (stream) => {
    const id = randomUUID();
    const [old, next] = [waitingAgent(), waitingAgent()];
    const late = (async () => {
      await finish(await runs[0](old.agent, "late", { session: redisSession(0, id), stream: stream as true }));
    })();
    late.catch(() => {});
    await old.asked;
    await redis.del(sessionKey(id)); // as in a failover: its holder does not know
    const newer = runs[1](next.agent, "Hello", { session: redisSession(1, id) });
    await next.asked;
    old.answer();
    const error = await late.catch((reason: unknown) => reason);
    expect(StaleTurnError.is(error)).toBe(true);
    expect(error).toMatchObject({ applied: false, key: sessionKey(id) });
    next.answer();
    await newer;
    expect(await history(redisSession(1, id))).toEqual(["user: Hello", "assistant: at last"]);
  },
);

test("a late run does not bring cleared items back", async () => {
  const id = randomUUID();
  const { agent, asked, answer } = waitingAgent();
  const late = runs[0](agent, "late", { session: redisSession(0, id) });
  late.catch(() => {});
  await asked;
  await redis.del(sessionKey(id));
  await redisSession(1, id).clearSession();
  answer();
  await expect(late).rejects.toThrow(StaleTurnError);
  expect(await redisSession(1, id).getItems()).toEqual([]);
});

test("a Runner is locked as run is, and works as ever beside that", async () => {
  const session = redisSession(0);
  const runner = new Runner({ workflowName: "mine", tracingDisabled: true });
  const locked = lockRun(runner, lockers[0]);
  const started: string[] = [];
  locked.on("agent_start", (_, agent) => started.push(agent.name));
  expect(locked).toBeInstanceOf(Runner);
  expect(locked.config).toBe(runner.config);
  const seen: boolean[] = [];
  const thinks = async () => seen.push(await isHeld(await session.getSessionId()));
  const result = await locked.run(counter(thinks), "Hello", { session });
  expect(result.finalOutput).toBe("knows 1");
  expect(seen).toEqual([true]);
  expect(started).toEqual(["agent"]);
});

test("whenBusy, timeout and the signal of a run bound its wait", async () => {
  const session = redisSession(0);
  const id = await session.getSessionId();
  await lockers[1].withLock(sessionKey(id), async () => {
    const agent = agentOf();
    const reject = lockRun(run, lockers[0], { whenBusy: "reject" });
    await expect(reject(agent, "Hello", { session })).rejects.toThrow(LockNotAcquiredError);
    const short = lockRun(run, lockers[0], { timeout: 20 });
    await expect(short(agent, "Hello", { session, stream: true })).rejects.toThrow(LockNotAcquiredError);
    const own = new Error("enough");
    await expect(runs[0](agent, "Hello", { session, signal: AbortSignal.abort(own) })).rejects.toBe(own);
  });
  expect(await session.getItems()).toEqual([]);
});

test("the signal of a run aborts it while it goes on", async () => {
  const session = redisSession(0);
  const controller = new AbortController();
  const { agent, asked } = waitingAgent();
  const running = runs[0](agent, "Hello", { session, signal: controller.signal });
  running.catch(() => {});
  await asked;
  const own = new Error("enough");
  controller.abort(own);
  await expect(running).rejects.toBe(own);
  expect(await isHeld(await session.getSessionId())).toBe(false);
});

test("a streamed run that fails is not an unhandled rejection, if only its stream is read", async () => {
  const session = redisSession(0);
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  onTestFinished(() => void process.off("unhandledRejection", onUnhandled));
  const own = new Error("the model failed");
  const agent = agentOf(modelResponder(() => Promise.reject(own)));
  const result = await runs[0](agent, "Hello", { session, stream: true });
  const read = async () => {
    for await (const _ of result);
  };
  await expect(read()).rejects.toBe(own);
  const id = await session.getSessionId();
  await vi.waitFor(async () => expect(await isHeld(id)).toBe(false));
  await new Promise(setImmediate);
  expect(unhandled).toEqual([]);
});

test("a run leaves no listener on its signal", async () => {
  const { signal } = new AbortController();
  const session = redisSession(0);
  await runs[0](agentOf([assistantMessage("Hi")]), "Hello", { session, signal });
  await finish(await runs[0](agentOf([assistantMessage("Hi")]), "Hello", { session, signal, stream: true }));
  await expect(runs[0](agentOf(), "Hello", { session, signal })).rejects.toThrow();
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

describe.for([false, true])("a run that was good although its lock was lost, stream: %s", (stream) => {
  async function finished(session: Session) {
    const id = await session.getSessionId();
    const agent = counter(() => redis.del(sessionKey(id)));
    await finish(await runs[0](agent, "Hello", { session, stream: stream as true }));
    return history(session);
  }

  test("rejects if its session knows of no fences: others may have run meanwhile", async () => {
    await expect(finished(plainSession(redis, randomUUID()))).rejects.toThrow(LockLostError);
  });

  test("is good if its session is a RedisSession, which accepted its save in time", async () => {
    expect(await finished(redisSession(0))).toEqual(["user: Hello", "assistant: knows 1"]);
  });
});

test("a run within a run of the same session uses its lock", async () => {
  const session = redisSession(0);
  const ask = tool({
    name: "ask",
    description: "asks another agent",
    parameters: z.object({}),
    execute: async () => {
      const { finalOutput } = await runs[0](agentOf([assistantMessage("inner")]), "Hello?", { session });
      return finalOutput ?? "";
    },
  });
  const model = new ScriptedModel([[functionCall("ask", {}, { callId: "c1" })], [assistantMessage("outer")]]);
  const agent = new Agent({ name: "agent", model, tools: [ask] });
  await runs[0](agent, "Hello", { session });
  expect(await history(session)).toEqual([
    "user: Hello?",
    "assistant: inner",
    "user: Hello",
    "call c1",
    "output c1",
    "assistant: outer",
  ]);
  expect(await isHeld(await session.getSessionId())).toBe(false);
});

test("runs that one of the same session starts at once take place one at a time", async () => {
  const session = redisSession(0);
  const ask = tool({
    name: "ask",
    description: "asks two other agents",
    parameters: z.object({}),
    execute: async () => {
      const answers = ["a", "b"].map((text) => runs[0](agentOf([assistantMessage(text)]), `${text}?`, { session }));
      return (await Promise.all(answers)).map(({ finalOutput }) => finalOutput).join();
    },
  });
  const model = new ScriptedModel([[functionCall("ask", {}, { callId: "c1" })], [assistantMessage("outer")]]);
  await runs[0](new Agent({ name: "agent", model, tools: [ask] }), "Hello", { session });
  const inner = ["user: a?", "assistant: a", "user: b?", "assistant: b"];
  expect((await history(session)).slice(0, 4)).toEqual(inner);
});

test.for([false, true])(
  "a run that waits for approval leaves the session free, and goes on later, stream: %s",
  async (stream) => {
    const id = randomUUID();
    const pay = tool({
      name: "pay",
      description: "pays",
      parameters: z.object({}),
      needsApproval: true,
      execute: async () => "paid",
    });
    const model = new ScriptedModel([[functionCall("pay", {}, { callId: "c1" })], [assistantMessage("done")]]);
    const agent = new Agent({ name: "agent", model, tools: [pay] });
    const first = await runs[0](agent, "Pay!", { session: redisSession(0, id), stream: stream as true });
    await finish(first);
    expect(first.interruptions).toHaveLength(1);
    expect(await isHeld(id)).toBe(false);
    const state = await RunState.fromString(agent, first.state.toString());
    state.approve(state.getInterruptions()[0]!);
    const seen: boolean[] = [];
    class Watched extends RedisSession<AgentInputItem> {
      override async addItems(items: AgentInputItem[]): Promise<void> {
        seen.push(await isHeld(id));
        await super.addItems(items);
      }
    }
    const session = new Watched(connections[1]!, lockers[1], { session: id });
    const second = await runs[1](agent, state, { session, stream: stream as true });
    await finish(second);
    expect(second.finalOutput).toBe("done");
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).not.toContain(false);
    expect(await history(session)).toEqual(["user: Pay!", "call c1", "output c1", "assistant: done"]);
  },
);

test("without a session, a run is locked by its conversationId, else refused", async () => {
  const id = randomUUID();
  const seen: boolean[] = [];
  await runs[0](
    counter(async () => seen.push(await isHeld(id))),
    "Hello",
    { conversationId: id },
  );
  expect(seen).toEqual([true]);
  for (const options of [undefined, {}, { stream: true as const }]) {
    await expect(runs[0](agentOf(), "Hello", options as never)).rejects.toThrow(/^a locked run needs a session/);
  }
});

test("bad arguments are refused", async () => {
  expect(() => lockRun(undefined as never, lockers[0])).toThrow(/^lockRun needs run, or a Runner/);
  expect(() => lockRun(run, undefined as never)).toThrow(/^lockRun needs a locker/);
  expect(() => lockRun(run, lockers[0], { maxTurn: 0 })).toThrow(/^maxTurn must be/);
  expect(() => lockRun(run, lockers[0], { maxIdle: 1 } as object)).toThrow(/^maxIdle is not an option of lockRun/);
  expect(() => lockRun(run, lockers[0], { ttl: 0 })).toThrow(/^ttl must be/);
  expect(() => lockRun(run, lockers[0], { signal: AbortSignal.abort() } as never)).toThrow(
    /^signal is an option of each call/,
  );
  expect(() => lockRun(run, lockers[0], null as never)).toThrow(TypeError);
  await expect(runs[1](agentOf(), "Hello", { session: redisSession(0) })).rejects.toThrow(
    /^lockRun needs the same locker as the RedisSession/,
  );
});

test("a RedisSession of another copy of the package is known as one", async () => {
  vi.resetModules();
  const { RedisSession: Copy } = await import("../../../src/frameworks/openai-agents");
  expect(Copy).not.toBe(RedisSession);
  const copied = (i: 0 | 1) => new Copy(ioredisConnection(redis), lockers[i], { session: randomUUID() });
  await expect(runs[1](agentOf(), "Hello", { session: copied(0) })).rejects.toThrow(
    /^lockRun needs the same locker as the RedisSession/,
  );
});
