import { randomUUID } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { createLeases, createLocker, type Driver } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { startRedis } from "@distlock/testing";
import * as agents from "@mastra/core/agent";
import * as controllers from "@mastra/core/agent-controller";
import * as events from "@mastra/core/events";
import * as memories from "@mastra/core/memory";
import { InMemoryStore } from "@mastra/core/storage";
import { afterAll, describe, expect, test, vi } from "vitest";
import { type LeaseProvider, leaseProvider, type ThreadLock, threadLock } from "../../../src/frameworks/mastra";
import { ioredis } from "../../support/clients";
import { scriptedModel } from "./mastra-model";

const server = await startRedis();
afterAll(() => server.stop());

/**
 * Two instances in one process: each with a copy of the package, so with module state like a process of its own, and a client of
 * its own. They share what a deployment shares: storage, and events.
 */
const require = createRequire(import.meta.url);
const copies = [
  { ...agents, ...controllers, ...events, ...memories },
  {
    ...(require("@mastra/core/agent") as typeof agents),
    ...(require("@mastra/core/agent-controller") as typeof controllers),
    ...(require("@mastra/core/events") as typeof events),
    ...(require("@mastra/core/memory") as typeof memories),
  },
];
const clients = copies.map(() => ioredis(server.port));
const drivers = clients.map((client) => ioredisDriver(client));

const look = { timeout: 10_000, interval: 10 };

async function messagesOf(store: InMemoryStore, threadId: string): Promise<string[]> {
  const memory = await store.getStore("memory");
  const { messages } = await memory!.listMessages({ threadId, perPage: false });
  return messages.map(({ role, content }) => {
    const text = content.parts.map((part) => (part as { text?: string }).text ?? "").join("");
    return `${role === "assistant" ? "assistant" : "user"}: ${text}`;
  });
}

test("the copies are two, and both know our leases as such", () => {
  expect(copies[0]!.Agent).not.toBe(copies[1]!.Agent);
  for (const { EventEmitterPubSub, isLeaseProvider } of copies) {
    const provider = leaseProvider(createLeases(drivers[0]!));
    expect(isLeaseProvider(provider)).toBe(true);
    expect(isLeaseProvider(Object.assign(new EventEmitterPubSub(), provider))).toBe(true);
  }
});

describe("agents that are sent messages", () => {
  /** `shared`: with our leases in their pub/sub, else with its own leases, which are local to one process. */
  function open(shared: boolean, through: (driver: Driver) => Driver = (driver) => driver) {
    const store = new InMemoryStore();
    const wires = new EventEmitter();
    const model = scriptedModel();
    const calls: string[] = [];
    const instances = copies.map(({ Agent, MockMemory, EventEmitterPubSub }, i) => {
      const pubsub = new EventEmitterPubSub(wires);
      if (shared) {
        const provider = leaseProvider(createLeases(through(drivers[i]!)));
        for (const name of Object.keys(provider) as (keyof LeaseProvider)[]) {
          Object.assign(pubsub, {
            [name]: async (...args: [never, never, never, never]) => {
              const reply = await provider[name](...args);
              calls.push(`${i} ${name} ${typeof reply === "object" ? reply.acquired : reply}`);
              return reply;
            },
          });
        }
      }
      const memory = new MockMemory({ storage: store });
      const settings = { id: "bot", name: "bot", instructions: "", model: model.modelOf(`${i}`), memory, pubsub };
      return new Agent(settings);
    });
    const target = { resourceId: "user", threadId: randomUUID() };
    const key = `mastra:lease:{user%00${target.threadId}}`;
    return { store, model, calls, instances: instances as [agents.Agent, agents.Agent], target, key };
  }

  /** Resolves when the agent has taken the message. */
  async function send(agent: agents.Agent, text: string, target: { resourceId: string; threadId: string }) {
    const taken = await agent.sendMessage(text, target).accepted;
    if (taken.action === "wake") void taken.output.consumeStream();
    return taken.action;
  }

  test("run on one thread at once without shared leases: user, user, assistant, assistant", async () => {
    const { store, model, instances, target } = open(false);
    const answer = model.hold();
    const taken = await Promise.all(instances.map((agent, i) => send(agent, `q${i}`, target)));
    await vi.waitFor(() => expect(model.asked).toHaveLength(2), look);
    answer();
    await vi.waitFor(async () => expect(await messagesOf(store, target.threadId)).toHaveLength(4), look);
    expect(taken).toEqual(["wake", "wake"]);
    expect(model.most).toBe(2);
    expect(model.asked.toSorted()).toEqual(["0: q0", "1: q1"]); // neither knows of the other
    const roles = (await messagesOf(store, target.threadId)).map((text) => text.split(":")[0]);
    expect(roles).toEqual(["user", "user", "assistant", "assistant"]);
  });

  test("take turns with ours: who loses sends its message to who runs, and each is answered in order", async () => {
    const { store, model, calls, instances, target, key } = open(true);
    const answer = model.hold();
    const taken = await Promise.all(instances.map((agent, i) => send(agent, `q${i}`, target)));
    expect(taken.toSorted()).toEqual(["deliver", "wake"]);
    answer();
    await vi.waitFor(async () => expect(await messagesOf(store, target.threadId)).toHaveLength(4), look);
    await vi.waitFor(async () => expect(await clients[0]!.exists(key)).toBe(0), look);
    expect(model.most).toBe(1);
    const winner = taken.indexOf("wake");
    const loser = 1 - winner;
    expect(model.asked).toEqual([`${winner}: q${winner}`, `${winner}: q${winner} / re q${winner} / q${loser}`]);
    expect(await messagesOf(store, target.threadId)).toEqual([
      `user: q${winner}`,
      `assistant: re q${winner}`,
      `user: q${loser}`,
      `assistant: re q${loser}`,
    ]);
    expect(calls).toContain(`${loser} acquireLease false`);
  });

  test("are not held back where they are streamed directly: Mastra asks for the lease when they run already", async () => {
    const { model, instances, target } = open(true);
    const memory = { resource: target.resourceId, thread: target.threadId };
    const answer = model.hold();
    const streams = await Promise.all(instances.map((agent, i) => agent.stream(`q${i}`, { memory })));
    const ends = streams.map((stream) => stream.consumeStream());
    await vi.waitFor(() => expect(model.asked).toHaveLength(2), look);
    answer();
    await Promise.all(ends);
    expect(model.most).toBe(2);
  });

  test("run without a lease where Redis fails, as Mastra wants it; that is a warning", async () => {
    const failing = (driver: Driver): Driver => ({
      ...driver,
      acquire: () => Promise.reject(new Error("Socket closed unexpectedly")),
    });
    const { store, instances, target, key } = open(true, failing);
    const warnings: unknown[] = [];
    const listener = (warning: unknown) => void warnings.push(warning);
    subscribe("distlock:warning", listener);
    expect(await send(instances[0], "q0", target)).toBe("wake");
    await vi.waitFor(async () => expect(await messagesOf(store, target.threadId)).toHaveLength(2), look);
    unsubscribe("distlock:warning", listener);
    expect(warnings).toContainEqual(expect.objectContaining({ code: "LOCK_BACKEND", key }));
  });

  test("hand the lease to the next run of a queue, while the other instance gets no gap", async () => {
    const { store, model, calls, instances, target, key } = open(true);
    const answer = model.hold();
    await send(instances[0], "q0", target);
    await vi.waitFor(() => expect(model.asked).toHaveLength(1), look);
    const fences = [await clients[0]!.get(`${key}:fence`)];
    await instances[0].queueMessage("q1", target).accepted;
    let free = 0;
    const other = createLeases(drivers[1]!);
    const isOver = async () => (await messagesOf(store, target.threadId)).length === 4;
    const watch = (async () => {
      while (!(await isOver())) if ((await other.holder(key)) === null && !(await isOver())) free++;
    })();
    answer();
    await watch;
    fences.push(await clients[0]!.get(`${key}:fence`));
    expect(free).toBe(0);
    expect(calls).toContain("0 transferLease true");
    expect(Number(fences[1])).toBeGreaterThan(Number(fences[0]));
    await vi.waitFor(async () => expect(await clients[0]!.exists(key)).toBe(0), look);
    // Its messages were two turns, and the next of the other instance is the third.
    await send(instances[1], "q2", target);
    await vi.waitFor(async () => expect(await messagesOf(store, target.threadId)).toHaveLength(6), look);
    expect(model.most).toBe(1);
    expect(model.asked.at(-1)).toBe("1: q0 / re q0 / q1 / re q1 / q2");
  });
});

describe("agent controllers", () => {
  function open(lockOf: (i: number) => ThreadLock | undefined) {
    const store = new InMemoryStore();
    const model = scriptedModel();
    const instances = copies.map(({ Agent, AgentController, MockMemory }, i) => {
      const memory = new MockMemory({ storage: store });
      const agent = new Agent({ id: "bot", name: "bot", instructions: "", model: model.modelOf(`${i}`), memory });
      const lock = lockOf(i);
      return new AgentController({
        id: "controller",
        agent,
        storage: store,
        modes: [{ id: "chat", name: "Chat" }],
        ...(lock && { threadLock: lock }),
      } as never);
    });
    return { store, model, instances: instances as [controllers.AgentController, controllers.AgentController] };
  }

  test("run on one thread at once without a thread lock", async () => {
    const { store, model, instances } = open(() => undefined);
    const session = { resourceId: "user", threadId: randomUUID() };
    const answer = model.hold();
    for (const instance of instances) await instance.init();
    const sessions = [await instances[0].createSession(session), await instances[1].createSession(session)];
    const sent = sessions.map((one, i) => one.sendMessage({ content: `q${i}` }));
    await vi.waitFor(() => expect(model.asked).toHaveLength(2), look);
    answer();
    await Promise.all(sent);
    expect(model.most).toBe(2);
    const roles = (await messagesOf(store, session.threadId)).map((text) => text.split(":")[0]);
    expect(roles).toEqual(["user", "user", "assistant", "assistant"]);
  });

  test("have a thread one at a time with ours, until the session that has it ends", async () => {
    const locks = drivers.map((driver) => threadLock(createLocker(driver)));
    const { store, model, instances } = open((i) => locks[i]);
    const session = { resourceId: "user", threadId: randomUUID() };
    for (const instance of instances) await instance.init();
    const first = await instances[0].createSession(session);
    await expect(instances[1].createSession(session)).rejects.toMatchObject({ code: "LOCK_NOT_ACQUIRED" });
    await first.sendMessage({ content: "q0" });
    await first.thread.switch(session); // to the same thread: it stays locked
    await expect(instances[1].createSession(session)).rejects.toMatchObject({ code: "LOCK_NOT_ACQUIRED" });
    await instances[0].deleteSession({ resourceId: "user" });
    const second = await instances[1].createSession(session);
    await second.sendMessage({ content: "q1" });
    expect(model.most).toBe(1);
    expect(await messagesOf(store, session.threadId)).toEqual([
      "user: q0",
      "assistant: re q0",
      "user: q1",
      "assistant: re q1",
    ]);
    await locks[1]!.releaseAll();
    await instances[0].createSession(session);
    await locks[0]!.releaseAll();
  });
});
