import { libraries } from "@distlock-examples/standalone/library";
import { ScriptedModel } from "./model";
import { openRedis } from "./redis";
import { createService } from "./service";

// One instance, as it is deployed. What it is told is in its environment.
const { PORT = "8080", REDIS_URL = "redis://127.0.0.1:6379", REDIS_CLIENT, LOCK_TTL, WHEN_BUSY, LOCK } = process.env;

const redis = openRedis(libraries.find((name) => name === REDIS_CLIENT) ?? "ioredis", REDIS_URL);
const service = createService(redis, {
  model: new ScriptedModel({}),
  ttl: Number(LOCK_TTL ?? 30_000),
  whenBusy: WHEN_BUSY === "reject" ? "reject" : "wait",
  locked: LOCK !== "off",
});

async function stop(): Promise<void> {
  await service.close();
  redis.close();
}

for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
await service.listen({ port: Number(PORT), host: "127.0.0.1" });
