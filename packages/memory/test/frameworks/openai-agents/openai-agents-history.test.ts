import { AsyncResource } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { createLocker } from "@distlock/core";
import { redisDriver } from "@distlock/core/driver";
import { startRedis } from "@distlock/testing";
import {
  Agent,
  type AgentInputItem,
  OpenAIResponsesCompactionSession,
  run,
  type Session,
  setTracingDisabled,
  tool,
} from "@openai/agents";
import { assistantMessage, functionCall, ScriptedModel, type ScriptedModelInput } from "@openai/agents/testing";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { lockRun, RedisSession } from "../../../src/frameworks/openai-agents";
import { sessionKey } from "../../../src/index";
import { ioredis, viaIoredis, viaNodeRedis } from "../../support/clients";
import { createGate } from "../../support/gate";
import { plainSession, said } from "./agent-sessions";

setTracingDisabled(true);
const server = await startRedis();
afterAll(() => server.stop());

const redis = ioredis(server.port);
const connections = [viaIoredis(server.port), await viaNodeRedis(server.port)] as const;
const lockers = connections.map((connection) => createLocker(redisDriver(connection)));
const runs = lockers.map((locker) => lockRun(run, locker)) as [typeof run, typeof run];
const redisSession = (i: 0 | 1, session: string = randomUUID()) =>
  new RedisSession<AgentInputItem>(connections[i], lockers[i]!, { session });
const history = async (session: Session) => (await session.getItems()).map(said);
const agentOf = (...steps: ScriptedModelInput[]) => new Agent({ name: "agent", model: new ScriptedModel(steps) });
const hi = () => agentOf([assistantMessage("Hi")]);

const compacted = { type: "compaction" as const, encrypted_content: "all of it" };

/** A session that compacts after each run; `meanwhile` is done while the model compacts. */
const compacting = (underlyingSession: Session, meanwhile: () => Promise<unknown> = async () => {}) =>
  new OpenAIResponsesCompactionSession({
    client: {
      responses: {
        async compact() {
          await meanwhile();
          return { id: "r", output: [compacted], usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } };
        },
      },
    } as never,
    underlyingSession,
    model: "gpt-5",
    shouldTriggerCompaction: () => true,
  });

test("a compaction loses what another run saved meanwhile, without a lock", async () => {
  const id = randomUUID();
  const other = () => run(hi(), "other", { session: plainSession(redis, id) });
  await run(hi(), "Hello", { session: compacting(plainSession(redis, id), other) });
  expect(await history(plainSession(redis, id))).toEqual(["compaction"]);
});

describe.for(["a session without fences", "a RedisSession"])("a compaction of %s", (kind) => {
  const session = (i: 0 | 1, id: string) => (kind === "a RedisSession" ? redisSession(i, id) : plainSession(redis, id));

  test("keeps other runs out until it is done", async () => {
    const id = randomUUID();
    let other: Promise<unknown> | undefined;
    const meanwhile = createGate();
    // As in another process: not within the first run.
    const ask = AsyncResource.bind(() => runs[1](hi(), "other", { session: session(1, id) }));
    const first = runs[0](hi(), "Hello", {
      session: compacting(session(0, id), async () => {
        other = ask();
        meanwhile.open();
        await redis.ping();
      }),
    });
    await meanwhile.opened;
    await Promise.all([first, other]);
    expect(await history(session(0, id))).toEqual(["compaction", "user: other", "assistant: Hi"]);
  });
});

test("a model that compacts by itself replaces the history in one step, under the lock", async () => {
  const id = randomUUID();
  await runs[1](hi(), "before", { session: redisSession(1, id) });
  await runs[0](agentOf([compacted, assistantMessage("I compacted.")]), "Hello", { session: redisSession(0, id) });
  expect(await history(redisSession(1, id))).toEqual(["compaction", "assistant: I compacted."]);
});

test.for([false, true])("a run that a guardrail stops keeps what its tools did, stream: %s", async (stream) => {
  const id = randomUUID();
  const pay = tool({ name: "pay", description: "pays", parameters: z.object({}), execute: async () => "paid" });
  const model = new ScriptedModel([[functionCall("pay", {}, { callId: "c1" })], [assistantMessage("a secret")]]);
  const stop = { name: "stop", execute: async () => ({ tripwireTriggered: true, outputInfo: {} }) };
  const agent = new Agent({ name: "agent", model, tools: [pay], outputGuardrails: [stop] });
  const stopped = async () => {
    const result = await runs[0](agent, "Pay!", { session: redisSession(0, id), stream: stream as true });
    await result.completed;
  };
  await expect(stopped()).rejects.toThrow(/^Output guardrail triggered/);
  expect(await history(redisSession(1, id))).toEqual(["user: Pay!", "call c1", "output c1"]);
  // It was saved as a transaction, whose name is remembered.
  const known = await redis.hkeys(`${sessionKey(id)}:items:writes`);
  expect(known.filter((field) => /^n[ab]:/.test(field))).toHaveLength(1);
  await runs[1](hi(), "And?", { session: redisSession(1, id) });
  expect(await history(redisSession(0, id))).toHaveLength(5);
});
