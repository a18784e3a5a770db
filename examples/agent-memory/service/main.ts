import { ScriptedModel } from "./model";
import { createService } from "./service";

// One instance, as it is deployed. Its settings are in the environment.
const { PORT = "8080", REDIS_URL = "redis://127.0.0.1:6379", REDIS_CLIENT, LOCK_TTL, WHEN_BUSY, LOCK } = process.env;

// Keep one of the two.
const { openRedis } = await (REDIS_CLIENT === "node-redis" ? import("./node-redis") : import("./ioredis"));
const redis = openRedis(REDIS_URL);
const service = createService(redis, {
  model: new ScriptedModel({}),
  ttl: Number(LOCK_TTL ?? 10_000),
  whenBusy: WHEN_BUSY === "reject" ? "reject" : "wait",
  locked: LOCK !== "off",
});

async function stop(): Promise<void> {
  await service.close();
  redis.close();
}

for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
await service.listen({ port: Number(PORT), host: "127.0.0.1" });
