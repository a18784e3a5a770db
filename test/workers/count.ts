import { createLocker } from "@distlock/core";
import { connectTo } from "../topology-clients";

/** Adds to a counter by reading and writing it, with a lock around that or without one. */
const [client, url, key, rounds, mode] = process.argv.slice(2) as [string, string, string, string, "locked" | "bare"];
const redis = await connectTo(client, url);
const locker = createLocker(redis.driver, { maxAttempts: Number.POSITIVE_INFINITY, retryDelay: 3, timeout: 60_000 });

const increment = async () => {
  await redis.set(key, String(Number(await redis.get(key)) + 1));
};

process.send!("ready");
await new Promise((resolve) => process.once("message", resolve));
for (let round = 0; round < Number(rounds); round++) {
  await (mode === "locked" ? locker.withLock(`lock:${key}`, increment) : increment());
}
await locker.close();
redis.close();
process.disconnect();
