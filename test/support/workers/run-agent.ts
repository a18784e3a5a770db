import { createLocker } from "@distlock/core";
import { ioredisConnection, ioredisDriver } from "@distlock/ioredis";
import { lockRun, RedisSession } from "@distlock/memory/openai-agents";
import { Agent, run, setTracingDisabled } from "@openai/agents";
import { assistantMessage, modelResponder, ScriptedModel } from "@openai/agents/testing";
import { Redis } from "ioredis";

/** Runs an agent on the session; reports when its model is asked, which answers on command, and how the run ends. */
const [url, session] = process.argv.slice(2) as [string, string];
process.once("disconnect", () => process.exit()); // with its parent, however that ends

setTracingDisabled(true);
const redis = new Redis(url);
const locker = createLocker(ioredisDriver(redis));
const lockedRun = lockRun(run, locker, { ttl: 500 });
const model = new ScriptedModel([
  modelResponder(async () => {
    process.send!("asked");
    await new Promise((resolve) => process.once("message", resolve));
    return [assistantMessage("late")];
  }),
]);
const agent = new Agent({ name: "agent", model });
const options = { session: new RedisSession(ioredisConnection(redis), locker, { session }) };
const end = await lockedRun(agent, "Hello", options).then(
  () => "saved",
  (error) => error.code,
);
process.send!(end);
await locker.close();
redis.disconnect();
process.disconnect();
