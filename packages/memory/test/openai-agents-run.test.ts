import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createLocker, LockNotAcquiredError } from "@distlock/core";
import { ioredisDriver } from "@distlock/ioredis";
import { nodeRedisDriver } from "@distlock/node-redis";
import { startRedis } from "@distlock/testing";
import { Agent, MemorySession, Runner, run, type Session, setTracingDisabled, tool } from "@openai/agents";
import { assistantMessage, functionCall, modelResponder, ScriptedModel } from "@openai/agents/testing";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { lockRun } from "../src/adapters/openai-agents";
import { sessionKey } from "../src/index";
import { plainSession, said } from "./agent-sessions";
import { ioredis, nodeRedis } from "./clients";
import { createGate } from "./gate";

setTracingDisabled(true);
const server = await startRedis();
afterAll(() => server.stop());

const clients = [ioredis(server.port), ioredis(server.port)] as const;
/** Two instances, of which each has a client of its own. */
const lockers = [
  createLocker(ioredisDriver(clients[0])),
  createLocker(nodeRedisDriver(await nodeRedis(server.port))),
] as const;
const runs = lockers.map((locker) => lockRun(run, locker));

const isHeld = async (session: string) => (await lockers[0].inspect(sessionKey(session))).held;

/** An agent whose answer says how many items its model was given. */
const counter = (thinks: () => Promise<unknown>) =>
  new Agent({
    name: "counter",
    model: new ScriptedModel([
      modelResponder(async ({ request }) => {
        await thinks();
        return [assistantMessage(`knows ${request.input.length}`)];
      }),
    ]),
  });

const nothing = async () => {};

/** A model that is asked, and answers when it is told to, or not at all once its run is aborted. */
function waitingAgent() {
  const [asked, told] = [createGate(), createGate()];
  const agent = new Agent({
    name: "waiting",
    model: new ScriptedModel([
      modelResponder(async ({ request: { signal } }) => {
        asked.open();
        const aborted = once(signal!, "abort").then(() => Promise.reject(signal!.reason));
        await Promise.race([told.opened, aborted]);
        return [assistantMessage("at last")];
      }),
    ]),
  });
  return { agent, asked: asked.opened, answer: told.open };
}

const weather = tool({
  name: "weather",
  description: "of a city",
  parameters: z.object({ city: z.string() }),
  execute: async () => "sunny",
});

describe.for([false, true])("two runs of one session at once, stream: %s", (stream) => {
  /** Runs to its end, however it is told. */
  async function finish(result: unknown): Promise<void> {
    await (result as { completed?: Promise<void> }).completed;
  }

  test("do not know of each other without a lock", async () => {
    const id = randomUUID();
    const asked = [createGate(), createGate()];
    const [first, second] = [0, 1].map(async (i) => {
      const thinks = async () => {
        asked[i]!.open();
        await asked[1 - i]!.opened;
      };
      const options = { session: plainSession(clients[i]!, id), stream: stream as true };
      await finish(await run(counter(thinks), `question ${i}`, options));
    });
    await Promise.all([first, second]);
    const items = (await plainSession(clients[0], id).getItems()).map(said);
    expect(items).toHaveLength(4);
    expect(items.filter((item) => item === "assistant: knows 1")).toHaveLength(2);
  });

  test("each know all that was said before with one", async () => {
    const id = randomUUID();
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const session = plainSession(clients[i % 2]!, id);
        const options = { session, stream: stream as true };
        await finish(
          await runs[i % 2]!(
            counter(() => clients[0].ping()),
            `question ${i}`,
            options,
          ),
        );
      }),
    );
    const items = (await plainSession(clients[0], id).getItems()).map(said);
    expect(items).toHaveLength(40);
    expect(items.filter((_, i) => i % 2 === 1)).toEqual(
      Array.from({ length: 20 }, (_, i) => `assistant: knows ${2 * i + 1}`),
    );
    expect(new Set(items.filter((_, i) => i % 2 === 0)).size).toBe(20);
    expect(await isHeld(id)).toBe(false);
  });
});

test("a streamed run holds the lock until it has saved, whether or not it is read", async () => {
  const session = new MemorySession({ sessionId: randomUUID() });
  const id = await session.getSessionId();
  const { agent, asked, answer } = waitingAgent();
  const result = await runs[0]!(agent, "Hello", { session, stream: true });
  await asked;
  expect(await isHeld(id)).toBe(true);
  answer();
  await result.completed;
  expect(await isHeld(id)).toBe(false);
  expect((await session.getItems()).map(said)).toEqual(["user: Hello", "assistant: at last"]);
  expect(result.finalOutput).toBe("at last");
});
