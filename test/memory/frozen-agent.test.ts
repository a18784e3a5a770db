import { createLocker } from "@distlock/core";
import { ioredisConnection, ioredisDriver } from "@distlock/ioredis";
import { lockRun, RedisSession } from "@distlock/memory/openai-agents";
import { startRedis } from "@distlock/testing";
import { Agent, type AgentInputItem, run, setTracingDisabled } from "@openai/agents";
import { assistantMessage, ScriptedModel } from "@openai/agents/testing";
import { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { startWorker } from "../support/worker";

setTracingDisabled(true);
const server = await startRedis();
const redis = new Redis(server.url);
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

test("a process that was frozen for longer than its lease does not save after a newer run", async () => {
  const locker = createLocker(ioredisDriver(redis));
  const lockedRun = lockRun(run, locker);
  const session = new RedisSession<AgentInputItem>(ioredisConnection(redis), locker, { session: "frozen" });
  const worker = startWorker("run-agent", server.url, "frozen");
  expect(await worker.next()).toBe("asked");
  worker.signal("SIGSTOP");
  const agent = new Agent({ name: "agent", model: new ScriptedModel([[assistantMessage("in time")]]) });
  await lockedRun(agent, "And I?", { session }); // waits for the lease of the frozen one to end
  worker.process.send("answer");
  worker.signal("SIGCONT");
  expect(await worker.next()).toMatch(/^(STALE_TURN|LOCK_LOST)$/);
  expect(await worker.ended).toBe(0);
  expect((await session.getItems()).map((item) => JSON.stringify(item))).toEqual([
    expect.stringContaining("And I?"),
    expect.stringContaining("in time"),
  ]);
});
